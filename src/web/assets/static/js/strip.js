// The strip of a playlist: reorder by dragging or by the arrow keys, choose what to add, preview by the space bar.
import { load, say, toast } from './swap.js';

const strip = () => document.querySelector('[data-strip]');
const slides = () => [...document.querySelectorAll('[data-slide]')];
const address = () => `/playlists/${location.pathname.split('/')[2]}/slides`;

// What is sent to the server is sent one after the other.
let busy = Promise.resolve();
let unsent = 0; // orders that the server has not answered
let stored = null; // the order that it had before them
let wished = null; // the order after all of them, whatever the page shows meanwhile

const current = () => slides().map((s) => s.dataset.slide);
const chosen = () => document.querySelector('[data-region=panel] input[name=slide]')?.value ?? '';
const find = (id) => slides().find((s) => s.dataset.slide === id);

function arrange(ids) {
  const focused = document.activeElement;
  strip().append(...ids.map(find).filter(Boolean));
  slides().forEach((s, i) => { s.querySelector('.number').textContent = i + 1; });
  if (strip().contains(focused)) focused.focus({ preventScroll: true }); // an element that is moved loses it
}

// sendOrder tells the server the order of the page. Of orders that wait only the last is sent, and the strip that comes
// back is not put in place while a newer one waits.
async function sendOrder() {
  if (unsent > 1) { unsent--; return; }
  const body = new URLSearchParams({ action: 'order', order: wished.join(), slide: chosen() });
  const response = await load(address(), { method: 'POST', body }, (name, here) =>
    name === 'flash' || (name === 'strip' && unsent === 1) || (name === 'panel' && !typing(here)));
  unsent--;
  if (!response && !unsent && strip()) arrange(stored);
}

// typing reports whether something in a part of the page is not stored yet.
const typing = (here) => [...here.querySelectorAll('input')].some((input) => input.value !== input.defaultValue);

// place moves a slide in the page at once, and then on the server.
function place(slide, to) {
  const before = unsent ? wished : current(), ids = before.filter((id) => id !== slide.dataset.slide);
  ids.splice(to, 0, slide.dataset.slide);
  if (ids.join() === before.join()) return;
  if (!unsent) stored = before;
  unsent++;
  wished = ids;
  arrange(ids);
  say(`${slide.dataset.name}: place ${to + 1} of ${ids.length}.`);
  find(slide.dataset.slide).scrollIntoView({ block: 'nearest' });
  busy = busy.then(sendOrder);
}

// Dragging begins after a few pixels for a mouse, and after a short hold for a finger, which may want to scroll.
const far = 6, hold = 300;
let drag = null;

function target(x, y) {
  const others = slides().filter((s) => s !== drag.slide);
  let best = null;
  for (const [index, other] of others.entries()) {
    const box = other.getBoundingClientRect();
    const dx = Math.max(box.left - x, 0, x - box.right), dy = Math.max(box.top - y, 0, y - box.bottom);
    const distance = Math.hypot(dx, dy * 3);
    if (!best || distance < best.distance) best = { distance, index, other, after: x > box.left + box.width / 2 };
  }
  return best;
}

function mark(best) {
  slides().forEach((s) => s.classList.remove('before', 'after'));
  best?.other.classList.add(best.after ? 'after' : 'before');
}

function begin() {
  const box = drag.slide.getBoundingClientRect();
  drag.ghost = drag.slide.cloneNode(true);
  drag.ghost.className = 'slide ghost';
  drag.ghost.removeAttribute('data-slide');
  drag.ghost.removeAttribute('tabindex');
  document.body.append(drag.ghost);
  drag.dx = Math.min(drag.x - box.left, 200);
  drag.dy = drag.y - box.top;
  drag.slide.classList.add('dragged');
  document.body.classList.add('dragging');
  follow(drag.x, drag.y);
}

function follow(x, y) {
  Object.assign(drag, { x, y });
  drag.ghost.style.left = `${x - drag.dx}px`;
  drag.ghost.style.top = `${y - drag.dy}px`;
  drag.best = target(x, y);
  mark(drag.best);
  drag.scroll = y < 90 ? -12 : y > innerHeight - 90 ? 12 : 0;
  if (drag.scroll && !drag.timer) drag.timer = setInterval(() => {
    if (!drag?.scroll) return;
    scrollBy(0, drag.scroll);
    drag.best = target(drag.x, drag.y);
    mark(drag.best);
  }, 16);
}

function end() {
  if (!drag) return;
  clearInterval(drag.timer);
  clearTimeout(drag.hold);
  drag.ghost?.remove();
  drag.slide.classList.remove('dragged');
  document.body.classList.remove('dragging');
  mark(null);
  drag = null;
}

document.addEventListener('pointerdown', (event) => {
  const slide = event.target.closest('[data-slide]');
  if (!slide || event.button || slides().length < 2) return;
  drag = { slide, x: event.clientX, y: event.clientY, touch: event.pointerType === 'touch', pointer: event.pointerId };
  if (drag.touch) drag.hold = setTimeout(() => { if (drag) begin(); }, hold);
});
document.addEventListener('pointermove', (event) => {
  if (!drag || event.pointerId !== drag.pointer) return;
  if (!drag.ghost) {
    if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < far) return;
    if (drag.touch) { end(); return; } // it scrolls
    begin();
  }
  follow(event.clientX, event.clientY);
});
document.addEventListener('pointerup', (event) => {
  if (!drag || event.pointerId !== drag.pointer) return;
  const { ghost, best, slide } = drag;
  end();
  if (!ghost) return;
  const swallow = (click) => { click.preventDefault(); click.stopPropagation(); }; // the click that ends a drag is none
  addEventListener('click', swallow, { capture: true });
  setTimeout(() => removeEventListener('click', swallow, { capture: true }), 0);
  const here = find(slide.dataset.slide); // (the strip may have been drawn anew meanwhile)
  if (best && here) place(here, best.index + (best.after ? 1 : 0));
});
document.addEventListener('pointercancel', end);
document.addEventListener('touchmove', (event) => { if (drag?.ghost) event.preventDefault(); }, { passive: false });
document.addEventListener('contextmenu', (event) => { if (drag?.touch) event.preventDefault(); }); // a finger that holds
document.addEventListener('dragstart', (event) => { if (event.target.closest?.('[data-slide]')) event.preventDefault(); });

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && drag) { end(); return; }
  if (event.ctrlKey || event.metaKey || event.target.closest('input, select, textarea, button, a:not([data-slide] a)')) return;
  const preview = document.querySelector('[data-action=preview]');
  if (event.key === ' ' && preview) { event.preventDefault(); location.assign(preview.href); return; }
  const slide = event.target.closest('[data-slide]');
  if (!slide) return;
  const all = slides(), at = all.indexOf(slide);
  const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
  if (step) {
    event.preventDefault();
    const to = at + step;
    if (to < 0 || to >= all.length) { say(step < 0 ? 'This is the first slide.' : 'This is the last slide.'); return; }
    place(slide, to);
  } else if (event.key === 'Enter') {
    event.preventDefault();
    slide.querySelector('a').click();
  } else if (event.key === 'Delete' || event.key === 'Backspace') {
    event.preventDefault();
    busy = busy.then(() => load(address(), { method: 'POST', body: new URLSearchParams({ action: 'remove', slide: slide.dataset.slide }) }))
      .then(() => (slides()[at] ?? slides()[at - 1])?.focus());
  }
});

// How a slide fits and how long it is shown are stored as soon as they are chosen.
document.addEventListener('change', (event) => {
  if (event.target.matches('[data-region=panel] [name=fit], [data-region=panel] [name=duration]')) event.target.form.requestSubmit();
});

// A click anywhere on a slide opens it.
document.addEventListener('click', (event) => {
  const slide = event.target.closest('[data-slide]');
  if (slide && !event.target.closest('a')) slide.querySelector('a').click();
});

// What is chosen in the picker is added in the order in which it was chosen.
let picked = [];
const count = () => {
  const words = document.querySelector('[data-picked]');
  if (words) words.textContent = picked.length ? `${picked.length} chosen` : '';
  for (const box of document.querySelectorAll('[data-picker] input[name=media]')) {
    const tile = box.closest('.pick'), at = picked.indexOf(box.value);
    tile.querySelector('.order')?.remove();
    box.checked = at >= 0;
    if (at >= 0) {
      const badge = document.createElement('span');
      badge.className = 'order';
      badge.textContent = at + 1;
      tile.append(badge);
    }
  }
};
document.addEventListener('change', (event) => {
  if (!event.target.matches('[data-picker] input[name=media]')) return;
  picked = picked.filter((id) => id !== event.target.value);
  if (event.target.checked) picked.push(event.target.value);
  count();
});
document.addEventListener('submit', async (event) => {
  if (!event.target.matches('[data-picker]')) return;
  event.preventDefault();
  if (!picked.length) { toast('Nothing was chosen. Choose the pictures and videos to add.', true); return; }
  const body = new URLSearchParams([['action', 'add'], ...picked.map((id) => ['media', id])]);
  picked = [];
  const response = await load(address(), { method: 'POST', body });
  if (response?.redirected) history.replaceState(null, '', response.url);
}, { capture: true });
document.addEventListener('vitrine:swapped', count);

// Files that are dropped here become slides of this playlist, also when one has gone to another page meanwhile.
document.addEventListener('vitrine:uploaded', (event) => {
  const { id, from } = event.detail;
  if (!/^\/playlists\/[0-9a-f-]{36}$/.test(from)) return;
  const post = { method: 'POST', body: new URLSearchParams({ action: 'add', media: id, slide: from === location.pathname ? chosen() : '' }) };
  busy = busy.then(() => (from === location.pathname ? load(`${from}/slides`, post, (name, here) => name !== 'picker' && (name !== 'panel' || !typing(here)))
    : fetch(`${from}/slides`, post).catch(() => toast('A file was uploaded, but could not be added to its playlist.', true))));
});

// A slide that was opened brings its panel into sight; by the keyboard, one is then in it, and Escape leads back.
let opened = null;
document.addEventListener('click', (event) => {
  const slide = event.target.closest('[data-slide] a[data-swap]')?.closest('[data-slide]');
  if (slide) opened = { keyboard: event.detail === 0 && slide.contains(document.activeElement) };
});
document.addEventListener('vitrine:swapped', () => {
  const panel = opened && document.querySelector('[data-region=panel] .panel');
  if (!panel) return;
  const { top } = panel.getBoundingClientRect();
  if (opened.keyboard) panel.querySelector('#duration').focus();
  else if (top < 0 || top > innerHeight - 120) panel.scrollIntoView({ block: 'start' });
  opened = null;
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !event.target.closest('[data-region=panel]')) return;
  document.querySelector('[data-slide].selected')?.focus();
});
