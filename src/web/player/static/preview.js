// The preview of a playlist: a screen's stage with a person's hands on it.

import { Stage } from './stage.js';

const REST = 2500; // ms after which the controls go away

const $ = (id) => document.getElementById(id);
const manifest = JSON.parse($('manifest').textContent);
const root = document.documentElement;
let resting = 0;

const stage = new Stage($('stage'), {
  show: (slide) => {
    const at = manifest.slides.findIndex((s) => s.id === slide.id);
    tell(`${at + 1} of ${manifest.slides.length} · ${slide.name}`);
    root.dataset.slide = slide.id;
  },
  empty: () => {},
  problem: (slide, text) => tell(`${slide.name}: ${text}`),
});

function tell(text) { $('which').textContent = text; }

// stir shows the controls, and lets them go again unless something is being done with them.
function stir() {
  root.classList.remove('resting');
  clearTimeout(resting);
  resting = setTimeout(() => {
    if (!stage.paused && manifest.slides.length && !$('bar').matches(':focus-within, :hover')) root.classList.add('resting');
  }, REST);
}

function toggle() {
  if (stage.paused) stage.resume();
  else stage.pause();
  $('pause').dataset.paused = String(stage.paused);
  $('pause').setAttribute('aria-label', stage.paused ? 'Play' : 'Pause');
}

const keys = {
  Escape: () => $('back').click(),
  ArrowLeft: () => stage.step(-1),
  ArrowRight: () => stage.step(1),
  ' ': toggle,
};

document.addEventListener('keydown', (event) => {
  stir();
  const act = keys[event.key];
  if (!act || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === ' ' && event.target.closest('.button')) return; // the button does it
  if (event.key !== 'Escape' && !manifest.slides.length) return;
  event.preventDefault();
  act();
});
for (const name of ['mousemove', 'pointerdown', 'focusin']) document.addEventListener(name, stir);

if (manifest.slides.length) {
  $('previous').addEventListener('click', () => stage.step(-1));
  $('next').addEventListener('click', () => stage.step(1));
  $('pause').addEventListener('click', toggle);
  $('pause').dataset.paused = 'false';
}
stage.play(manifest);
stir();
