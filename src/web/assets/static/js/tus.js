// A client for resumable uploads, tus 1.0 (https://tus.io/protocols/resumable-upload). It goes on after a lost connection,
// and after a reload when the same file is chosen again.
const endpoint = '/api/v1/uploads';
const largestPart = 8 << 20;
const carefulPart = 900 << 10; // passes proxies that are set up as they come

export class Refused extends Error {}

const prefix = 'vitrine-upload ';

// keyOf is under what an upload is remembered: the same file, chosen again after a reload, goes on.
export const keyOf = (file) => `${prefix}${file.name} ${file.size} ${file.lastModified}`;

const wait = (ms, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, ms);
  const now = () => { clearTimeout(timer); resolve(); };
  addEventListener('online', now, { once: true });
  signal.addEventListener('abort', now, { once: true });
});

function utf8Base64(text) {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

// request sends one request. Its promise fails only when the server could not be reached.
function request(method, url, headers, body, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(method, url);
    for (const [name, value] of Object.entries({ 'Tus-Resumable': '1.0.0', ...headers })) xhr.setRequestHeader(name, value);
    if (onProgress) xhr.upload.addEventListener('progress', (event) => onProgress(event.loaded));
    xhr.addEventListener('load', () => resolve(xhr));
    xhr.addEventListener('error', () => reject(new Error('offline')));
    xhr.addEventListener('abort', () => reject(new Error('aborted')));
    signal?.addEventListener('abort', () => xhr.abort(), { once: true });
    xhr.send(body);
  });
}

function detail(xhr) {
  try { return JSON.parse(xhr.responseText).detail; } catch { return ''; }
}

// unfinished lists the uploads that this browser began and did not end: { key, name, url }.
export function unfinished() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix))
      .map((key) => ({ key, name: key.slice(prefix.length).split(' ').slice(0, -2).join(' '), url: localStorage.getItem(key) }));
  } catch { return []; } // private browsing
}

export function forget(key) { try { localStorage.removeItem(key); } catch { /* private browsing */ } }

export class Upload {
  // told is called with { sent, total, state } whenever something is new.
  constructor(file, told) {
    this.file = file;
    this.told = told;
    this.part = largestPart;
    this.key = keyOf(file);
    this.sent = 0;
    this.tries = 0;
    this.url = this.recall();
  }

  recall() { try { return localStorage.getItem(this.key); } catch { return null; } }
  keep(url) { try { if (url) localStorage.setItem(this.key, url); else localStorage.removeItem(this.key); } catch { /* private browsing */ } }

  pause() { this.stop?.abort(); this.paused = true; this.tell('paused'); }
  async cancel() {
    this.stop?.abort();
    this.cancelled = true;
    this.keep(null);
    if (this.url) await request('DELETE', this.url, {}).catch(() => {});
  }
  tell(state) { this.told({ sent: this.sent, total: this.file.size, state }); }

  // run sends the file and returns what the server made of it: { media, added }. It throws a Refused with a sentence.
  async run() {
    this.paused = false;
    this.known = false; // a part that was cut off by a pause may have arrived, in part or whole
    this.stop = new AbortController();
    const { signal } = this.stop;
    for (;;) {
      if (signal.aborted) return null;
      try {
        const done = await this.step(signal);
        if (done) { this.keep(null); return done; }
      } catch (error) {
        if (signal.aborted) return null;
        if (error instanceof Refused) {
          if (!error.later) this.keep(null);
          throw error;
        }
        this.tries++;
        this.tell('waiting');
        await wait(Math.min(20000, 500 * 2 ** Math.min(this.tries, 6)) * (0.5 + Math.random()), signal);
        this.known = false; // what arrived is asked anew
      }
    }
  }

  // step sends one request. It throws a plain Error where trying again may help.
  async step(signal) {
    if (!this.url) return this.create(signal);
    if (!this.known) return this.ask(signal);
    if (this.sent >= this.file.size) return this.result(signal);
    this.tell('sending');
    const from = this.sent;
    const chunk = this.file.slice(from, from + this.part);
    const xhr = await request('PATCH', this.url, { 'Upload-Offset': from, 'Content-Type': 'application/offset+octet-stream' }, chunk,
      (loaded) => { this.sent = from + loaded; this.tell(this.sent >= this.file.size ? 'checking' : 'sending'); }, signal);
    this.sent = from;
    if (xhr.status === 413 && this.part > carefulPart) { this.part = carefulPart; this.known = false; return null; }
    this.check(xhr);
    if (xhr.status === 200) return JSON.parse(xhr.responseText);
    this.sent = Number(xhr.getResponseHeader('Upload-Offset'));
    this.tries = 0; // (not after a mere question: a server that only refuses parts is asked less and less often)
    return null;
  }

  async create(signal) {
    this.tell('sending');
    const xhr = await request('POST', endpoint, { 'Upload-Length': this.file.size, 'Upload-Metadata': 'filename ' + utf8Base64(this.file.name) }, null, null, signal);
    this.check(xhr);
    this.url = new URL(xhr.getResponseHeader('Location'), location.href).pathname;
    this.keep(this.url);
    this.known = true;
    if (xhr.status === 200 && xhr.responseText) return JSON.parse(xhr.responseText);
    return null;
  }

  async ask(signal) {
    const xhr = await request('HEAD', this.url, {}, null, null, signal);
    if (xhr.status === 404 || xhr.status === 403) { this.url = null; this.sent = 0; return null; }
    if (xhr.status === 410) return this.result(signal);
    this.check(xhr);
    this.sent = Number(xhr.getResponseHeader('Upload-Offset'));
    this.known = true;
    return null;
  }

  async result(signal) {
    this.tell('checking');
    const xhr = await request('GET', this.url + '/result', {}, null, null, signal);
    this.check(xhr);
    return JSON.parse(xhr.responseText);
  }

  check(xhr) {
    const { status } = xhr;
    if (status >= 200 && status < 300) return;
    if (status === 404 && this.url) { this.url = null; this.known = false; this.sent = 0; throw new Error('gone'); }
    if (status === 409 || status === 423 || status === 429 || (status >= 500 && status !== 507)) throw new Error('later');
    if (status === 401) {
      const signedOut = new Refused('You are signed out. Sign in again, then choose the file once more: it goes on where it stopped.');
      signedOut.later = true;
      throw signedOut;
    }
    throw new Refused(detail(xhr) || `The server refused the file (${status}).`);
  }
}
