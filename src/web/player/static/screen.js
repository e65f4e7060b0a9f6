// A screen: it says hello, shows a code until it is paired, then its playlist, and tells the server what it shows. It
// keeps showing what it has whatever happens to the server, and comes back by itself.

import { Stage } from './stage.js';
import { Backoff, Refused, Stream, post } from './server.js';

const HEARTBEAT = 15000; // ms
const LONG_AWAY = 120000; // ms without the server until the dot in the corner shows
const OVERDUE = 3000; // ms within which the stream brings what the server says is newer
const PATIENCE = 8000; // ms without an answer until an empty screen says for what it waits

const $ = (id) => document.getElementById(id);
const loadedBuild = document.querySelector('meta[name="vitrine-build"]').content;

class Screen {
  constructor() {
    this.manifest = null;
    this.build = loadedBuild;
    this.offset = 0; // ms by which the server's clock is ahead of ours
    this.zone = 0; // minutes by which the server's time is ahead of UTC
    this.problem = '';
    this.backoff = new Backoff();
    this.helloTimer = 0;
    this.greeting = null; // running request
    this.reporting = false;
    this.reportAgain = false;
    this.overdue = 0;
    this.taken = 0; // manifests so far
    this.greetedAt = -Infinity;
    this.heardAt = performance.now();
    this.startedAt = this.heardAt;
    this.view = '';
    this.stage = new Stage($('stage'), {
      show: (slide) => this.shown(slide),
      empty: () => this.idle(),
      problem: (slide, text) => this.complain(slide, text),
      boundary: () => this.reloadIfRenewed(),
    });
    this.stream = new Stream({
      manifest: (manifest) => this.take(manifest),
      unpaired: () => this.helloSoon(),
      up: () => this.heard(),
      down: () => {},
    });
    setInterval(() => this.beat(), HEARTBEAT);
    setInterval(() => this.tick(), 1000);
    window.addEventListener('resize', () => this.report());
    window.addEventListener('online', () => this.hello());
    this.hello();
  }

  heard() {
    this.heardAt = performance.now();
    $('away').hidden = true;
  }

  // hello asks what this browser is. A second call while one runs is the same call.
  async hello() {
    if (this.greeting) return;
    clearTimeout(this.helloTimer);
    this.greetedAt = performance.now();
    this.greeting = post('/screen/hello');
    const taken = this.taken;
    try {
      const answer = await this.greeting;
      this.backoff.reset();
      this.heard();
      this.build = answer.build;
      this.setClock(answer.now);
      // What the stream brought meanwhile may be newer than the answer. It begins anew and tells what is to be told.
      if (taken !== this.taken) clearTimeout(this.helloTimer);
      else if (answer.manifest) this.take(answer.manifest);
      else this.showCode(answer.pairing);
      this.stream.open(this.manifest ? this.manifest.version : '');
    } catch (error) {
      const wait = Math.max(this.backoff.next(), Math.min(error.retryAfter || 0, 60000));
      if (error instanceof Refused && error.status === 429 && !this.manifest) this.waiting('Please wait', error.message);
      this.helloTimer = setTimeout(() => this.hello(), wait);
    } finally {
      this.greeting = null;
    }
  }

  // helloSoon is hello, but not again and again to a browser that cannot keep its cookie.
  helloSoon() {
    const wait = 5000 - (performance.now() - this.greetedAt);
    clearTimeout(this.helloTimer);
    if (wait > 0) this.helloTimer = setTimeout(() => this.hello(), wait);
    else this.hello();
  }

  setClock(now) {
    this.offset = Date.parse(now) - Date.now();
    const zone = /([+-])(\d\d):(\d\d)$/.exec(now);
    this.zone = zone ? Number(zone[1] + '1') * (Number(zone[2]) * 60 + Number(zone[3])) : 0;
  }

  // take shows a manifest, unless it is the one that is showing.
  take(manifest) {
    this.heard();
    clearTimeout(this.helloTimer);
    this.taken++;
    const known = this.manifest && this.manifest.version === manifest.version;
    this.manifest = manifest;
    this.stream.version = manifest.version;
    document.title = manifest.name;
    if (known) return;
    if (this.view === 'code') this.hideCard();
    this.problem = '';
    this.stage.play(manifest);
    this.report();
  }

  shown(slide) {
    this.hideCard();
    if (this.problemSlide === slide.id) this.problem = '';
    document.documentElement.dataset.slide = slide.id;
    this.report();
  }

  complain(slide, text) {
    this.problem = `${slide.name}: ${text}`;
    this.problemSlide = slide.id;
    this.report();
  }

  // reloadIfRenewed loads the page again between two slides when the server has a newer player, once for each.
  reloadIfRenewed() {
    if (this.build === loadedBuild || performance.now() - this.heardAt > HEARTBEAT * 2) return false;
    try {
      if (sessionStorage.getItem('reloaded-for') === this.build) return false;
      sessionStorage.setItem('reloaded-for', this.build);
    } catch (error) {
      return false;
    }
    location.reload();
    return true;
  }

  // Cards.

  card(kind, ...parts) {
    const card = $('card');
    card.className = 'card ' + kind;
    card.replaceChildren(...parts);
    card.hidden = false;
    this.view = kind;
  }

  hideCard() {
    $('card').hidden = true;
    $('card').replaceChildren();
    this.view = '';
    delete document.documentElement.dataset.code;
  }

  showCode(pairing) {
    this.manifest = null;
    this.stage.clear();
    this.stage.manifest = null;
    document.title = 'Pair this screen';
    document.documentElement.dataset.turn = '0';
    delete document.documentElement.dataset.slide;
    document.documentElement.dataset.code = pairing.code;
    const code = make('p', 'code');
    code.setAttribute('aria-label', 'Pairing code ' + pairing.code.split('').join(' '));
    for (const group of pairing.spelled.split(' ')) code.append(make('span', '', group));
    const qr = make('img', 'qr');
    qr.alt = 'QR code of the address below';
    qr.src = pairing.qr;
    this.card('code-card', code, qr, make('p', 'where', pairing.url.replace(/^http:\/\//, '')));
    this.view = 'code';
    if (!navigator.cookieEnabled) {
      this.waiting('This browser keeps no cookies', 'A screen is remembered by a cookie. Allow cookies for this address, then reload.');
    }
    clearTimeout(this.helloTimer);
    this.helloTimer = setTimeout(() => this.hello(), pairing.renew_ms);
    this.reloadIfRenewed();
  }

  idle() {
    delete document.documentElement.dataset.slide;
    const time = make('p', 'time');
    const date = make('p', 'date');
    this.card('idle', time, date, make('div', 'rule'), make('p', 'title', this.manifest.name),
      make('p', 'sentence', 'Nothing to show yet'));
    this.tick();
  }

  waiting(title, sentence) {
    this.card('waiting', make('p', 'title', title), make('p', 'sentence', sentence));
  }

  tick() {
    this.stream.check();
    const silent = performance.now() - this.heardAt;
    $('away').hidden = silent < LONG_AWAY;
    if (this.view === 'idle') {
      const here = new Date(Date.now() + this.offset + this.zone * 60000);
      const text = (options) => here.toLocaleString('en-GB', { timeZone: 'UTC', ...options });
      setText(document.querySelector('.time'), text({ hour: '2-digit', minute: '2-digit' }));
      setText(document.querySelector('.date'), text({ weekday: 'long', day: 'numeric', month: 'long' }));
    }
    // One slide alone has no boundary to wait for.
    if (this.manifest && this.manifest.slides.length < 2 && this.build !== loadedBuild) this.reloadIfRenewed();
    if (this.view === '' && !this.manifest && performance.now() - this.startedAt > PATIENCE) {
      this.waiting('Waiting for the server', 'It does not answer just now. This screen goes on by itself as soon as it does.');
    }
    if (this.view === '' && this.manifest && !this.stage.current && this.problem && performance.now() - this.startedAt > PATIENCE) {
      this.waiting(this.manifest.name, 'Nothing can be shown just now. ' + this.problem);
    }
  }

  // Reports.

  beat() {
    this.report();
    keepAwake();
  }

  // report tells the server what is on. While one report runs, others wait and become one.
  async report() {
    if (!this.manifest) return;
    if (this.reporting) {
      this.reportAgain = true;
      return;
    }
    this.reporting = true;
    const slide = this.stage.slide();
    const told = this.manifest.version;
    try {
      const answer = await post('/screen/status', {
        slide_id: slide ? slide.id : '', version: told,
        width: window.innerWidth, height: window.innerHeight, problem: this.problem,
      });
      this.heard();
      this.build = answer.build;
      this.setClock(answer.now);
      this.compare(told, answer.version);
    } catch (error) {
      if (error instanceof Refused && error.status === 401) this.hello();
    }
    this.reporting = false;
    if (this.reportAgain) {
      this.reportAgain = false;
      setTimeout(() => this.report(), 500);
    }
  }

  // compare looks whether the server has a newer manifest than the one that it was told of. The stream is about to bring
  // that, perhaps from another node, which learns of changes a little later; if it does not, this screen asks.
  compare(told, newest) {
    clearTimeout(this.overdue);
    const isBehind = () => this.manifest && this.manifest.version === told && newest !== told;
    if (isBehind()) this.overdue = setTimeout(() => { if (isBehind()) this.hello(); }, OVERDUE);
  }
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

// keepAwake asks the device not to sleep, where the browser offers it: only on secure addresses.
let lock = null;
async function keepAwake() {
  if (lock || !navigator.wakeLock || document.visibilityState !== 'visible') return;
  try {
    lock = await navigator.wakeLock.request('screen');
    lock.addEventListener('release', () => { lock = null; });
  } catch (error) {
    lock = null;
  }
}

new Screen();
keepAwake();
