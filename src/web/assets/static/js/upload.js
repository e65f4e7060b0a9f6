// Files come in by a button or dropped anywhere on the page. The tray shows each with its own bar; two are sent at once.
import { Upload, Refused, keyOf, unfinished, forget } from './tus.js';
import { makePoster, Undecodable } from './poster.js';
import { say } from './swap.js';

const atOnce = 2;
const queue = [];
let running = 0;
let tray, list, title;

const make = (tag, name, text = '') => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.textContent = text;
  return element;
};

function size(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (bytes >= 999.5 && unit < units.length - 1) { bytes /= 1000; unit++; }
  return `${unit === 0 || bytes >= 99.95 ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`;
}

function left(seconds) {
  if (!Number.isFinite(seconds)) return '';
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s left`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min left`;
  return `${(seconds / 3600).toFixed(1)} h left`;
}

// Speed over the last seconds, not since the beginning: a pause must not be counted.
class Speed {
  constructor() { this.points = []; }
  add(sent) {
    const now = performance.now();
    this.points.push([now, sent]);
    while (this.points.length > 2 && now - this.points[0][0] > 5000) this.points.shift();
  }
  get value() {
    const [first, last] = [this.points[0], this.points[this.points.length - 1]];
    return last && last[0] > first[0] ? (last[1] - first[1]) / ((last[0] - first[0]) / 1000) : 0;
  }
}

function button(label, action) {
  const b = make('button', 'quiet small', label);
  b.type = 'button';
  b.addEventListener('click', action);
  return b;
}

function buildTray() {
  tray = document.getElementById('tray');
  const head = make('div', 'tray-head');
  title = make('h2', '', 'Uploads');
  const fold = button('Fold', () => {
    const folded = tray.classList.toggle('folded');
    fold.textContent = folded ? 'Unfold' : 'Fold';
    fold.setAttribute('aria-expanded', String(!folded));
  });
  fold.setAttribute('aria-expanded', 'true');
  const close = button('Close', () => { tray.hidden = true; list.replaceChildren(); });
  close.dataset.close = '';
  head.append(title, fold, close);
  list = make('ol');
  tray.append(head, list);
}

function sum() {
  const open = [...list.children].filter((e) => !e.matches('.done, .refused, .given-up'));
  const bars = open.map((e) => e.querySelector('progress'));
  const [sent, total] = [bars.reduce((n, b) => n + b.value, 0), bars.reduce((n, b) => n + b.max, 0)];
  title.textContent = open.length ? `Uploading ${open.length} of ${list.children.length} · ${total ? Math.floor(100 * sent / total) : 0} %` : 'Uploads done';
  tray.querySelector('[data-close]').hidden = open.length > 0;
  clearTimeout(leaving);
  if (!open.length && !list.querySelector('.refused')) leaving = setTimeout(leave, 8000);
}

// The tray goes by itself once all is well and nobody looks at it. What was refused stays until it is read.
let leaving = 0;
function leave() {
  if (tray.matches(':hover, :focus-within')) { leaving = setTimeout(leave, 3000); return; }
  tray.hidden = true;
  list.replaceChildren();
}

class Row {
  constructor(file) {
    this.file = file;
    this.speed = new Speed();
    this.element = make('li', 'upload');
    this.picture = make('span', 'tile-picture');
    this.state = make('span', 'upload-state', 'waiting for its turn');
    this.bar = document.createElement('progress');
    this.bar.max = Math.max(1, file.size);
    this.bar.value = 0;
    this.bar.setAttribute('aria-label', `${file.name}: progress`);
    this.buttons = make('span', 'upload-buttons');
    this.toggle = button('Pause', () => this.pauseOrGoOn());
    this.stop = button('Cancel', () => this.cancel());
    this.buttons.append(this.toggle, this.stop);
    this.element.append(this.picture, make('span', 'upload-name', file.name), this.buttons, this.bar, this.state);
    this.from = location.pathname; // what is dropped on a playlist belongs to it, wherever one goes meanwhile
    this.upload = new Upload(file, (news) => this.told(news));
    this.element.dataset.key = this.upload.key;
  }

  told({ sent, total, state }) {
    this.bar.value = sent;
    if (state === 'sending') {
      this.speed.add(sent);
      const { value } = this.speed;
      this.state.textContent = `${size(sent)} of ${size(total)}` + (value > 0 ? ` · ${size(value)}/s · ${left((total - sent) / value)}` : '');
    } else {
      this.speed = new Speed();
      this.state.textContent = { checking: 'looking at it…', paused: 'paused', waiting: 'The connection is gone; it goes on by itself.' }[state];
    }
    sum();
  }

  pauseOrGoOn() {
    if (this.upload.paused) {
      this.toggle.textContent = 'Pause';
      this.upload.paused = false;
      this.state.textContent = 'waiting for its turn';
      queue.unshift(this);
      next();
      return;
    }
    this.toggle.textContent = 'Go on';
    this.leaveQueue();
    this.upload.pause();
  }

  leaveQueue() {
    const at = queue.indexOf(this);
    if (at >= 0) queue.splice(at, 1);
  }

  cancel() {
    this.leaveQueue();
    this.upload.cancel();
    this.end('given-up', 'given up');
  }

  end(name, text) {
    this.element.classList.add(name);
    this.state.textContent = text;
    this.bar.remove();
    this.buttons.remove();
    sum();
  }

  async run() {
    let done;
    try {
      done = await this.upload.run();
    } catch (error) {
      const sentence = error instanceof Refused ? error.message : 'Something went wrong here. Reload the page and try again.';
      this.end('refused', sentence);
      say(`${this.file.name} was refused. ${sentence}`);
      return;
    }
    if (!done) return; // paused or given up
    await this.finish(done);
  }

  async finish({ media, added }) {
    let words = added ? 'in the library' : 'was in the library already';
    if (media.kind === 'video' && !media.thumbnail_url) {
      this.state.textContent = 'making its picture…';
      try {
        await makePoster(this.file, media.id);
        media.thumbnail_url = `/media/${media.id}/thumbnail`;
      } catch (error) {
        words += error instanceof Undecodable
          ? '. This browser cannot play it; try it on a screen before you rely on it.'
          : '. Its picture could not be stored; upload it once more to try again.';
      }
    }
    if (media.thumbnail_url) {
      const img = document.createElement('img');
      img.alt = '';
      img.src = media.thumbnail_url;
      this.picture.replaceChildren(img);
    }
    this.end('done', words);
    say(`${this.file.name}: ${words}`);
    document.dispatchEvent(new CustomEvent('vitrine:uploaded', { detail: { ...media, from: this.from } }));
  }
}

async function next() {
  while (running < atOnce && queue.length) {
    const row = queue.shift();
    if (row.upload.cancelled) continue;
    running++;
    row.run().finally(() => { running--; next(); });
  }
}

// send puts files into the tray.
export function send(files) {
  // What is under way already is not sent a second time beside itself.
  const open = [...list.children].filter((e) => !e.matches('.done, .refused, .given-up')).map((e) => e.dataset.key);
  files = files.filter((file) => !open.includes(keyOf(file)));
  if (!files.length) return;
  tray.hidden = false;
  for (const file of files) {
    list.querySelector(`[data-offer="${CSS.escape(keyOf(file))}"]`)?.remove();
    const row = new Row(file);
    list.prepend(row.element);
    queue.push(row);
  }
  sum();
  say(`Uploading ${files.length === 1 ? files[0].name : files.length + ' files'}`);
  next();
}

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');

// uploading reports whether leaving the page would end an upload.
export const uploading = () => running > 0 || queue.length > 0;

// Uploads that a reload or a crash broke off go on when the same file is chosen again. They are offered for as long as the
// server keeps what it has of them.
async function offerUnfinished() {
  for (const { key, name, url } of unfinished()) {
    const answer = await fetch(url, { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } }).catch(() => null);
    if (!answer) return;
    if (!answer.ok) { forget(key); continue; }
    if (list.querySelector(`[data-key="${CSS.escape(key)}"]`)) continue; // chosen meanwhile
    const [sent, total] = ['Upload-Offset', 'Upload-Length'].map((header) => Number(answer.headers.get(header)));
    const row = make('li', 'upload given-up');
    row.dataset.offer = key;
    const buttons = make('span', 'upload-buttons');
    buttons.append(button('Forget', () => {
      forget(key);
      fetch(url, { method: 'DELETE', headers: { 'Tus-Resumable': '1.0.0' } }).catch(() => {}); // the server forgets by itself too
      row.remove();
      if (!list.children.length) tray.hidden = true;
    }));
    row.append(make('span', 'tile-picture'), make('span', 'upload-name', name), buttons,
      make('span', 'upload-state', `${size(sent)} of ${size(total)} are here. Choose the file again to go on.`));
    list.append(row);
    tray.hidden = false;
    title.textContent = 'Unfinished uploads';
  }
}

export function startUploads() {
  buildTray();
  offerUnfinished();
  document.addEventListener('change', (event) => {
    if (!event.target.matches('form[data-upload] input[type=file]')) return;
    send([...event.target.files]);
    event.target.value = '';
  });
  let depth = 0;
  document.addEventListener('dragenter', (event) => { if (carriesFiles(event)) { depth++; document.body.classList.add('dropping'); } });
  document.addEventListener('dragleave', (event) => { if (carriesFiles(event) && --depth <= 0) { depth = 0; document.body.classList.remove('dropping'); } });
  document.addEventListener('dragover', (event) => { if (carriesFiles(event)) event.preventDefault(); });
  document.addEventListener('drop', (event) => {
    depth = 0;
    document.body.classList.remove('dropping');
    if (!carriesFiles(event)) return;
    event.preventDefault();
    send([...event.dataTransfer.files]);
  });
  addEventListener('beforeunload', (event) => { if (uploading()) event.preventDefault(); });
}
