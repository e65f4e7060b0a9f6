// The stage shows the slides of a manifest one after another. The next slide is made ready behind the one that is on,
// and takes its place only when it can be seen at once: there is never a gap, whatever is slow or broken.

import { makeLayer } from './layer.js';

const FADE = 700; // ms
const GLIDE = 600; // ms
const AHEAD = 10000; // ms before its turn that a video is made ready: two decoders at once are much for a small machine
const FROZEN = 12000; // ms without progress after which a video counts as stuck
const RETRY = 5000; // ms until the next try when nothing at all can be shown
const LONGEST_SLEEP = 1000; // ms

export class Stage {
  // on: {show(slide), empty(), problem(slide, text), boundary() → true to stop before the next slide}
  constructor(root, on) {
    this.root = root;
    this.on = on;
    this.manifest = null;
    this.at = -1; // place of the current slide in the manifest
    this.current = null; // layer on the page
    this.next = null; // {layer, at, ready}
    this.leaving = null; // {layer, until}
    this.failed = new Map(); // slides that failed since the last one was shown, with the reason
    this.retryAt = 0;
    this.paused = false;
    this.timer = 0;
    this.busy = false; // while the next layer is being started
  }

  // play shows a manifest, at once and without disturbing the slide that is on if it is still part of it.
  play(manifest) {
    const old = this.manifest;
    this.manifest = manifest;
    document.documentElement.dataset.turn = String(manifest.rotation);
    this.failed.clear();
    this.retryAt = 0;
    if (!manifest.slides.length) {
      this.clear();
      this.on.empty();
      return;
    }
    if (this.current) this.keepOrLeave(old);
    if (this.next) this.keepOrDropNext();
    this.wake();
  }

  keepOrLeave(old) {
    const slide = this.current.slide;
    const at = this.manifest.slides.findIndex((s) => same(s, slide));
    if (at >= 0) {
      this.at = at;
      this.current.fit(this.manifest.slides[at]);
      this.setEnd();
      return;
    }
    this.at = this.before(old, slide);
    this.due = 0;
  }

  // before returns the place before the first slide that followed the lost one and is still here.
  before(old, lost) {
    const from = old ? old.slides.findIndex((s) => s.id === lost.id) : -1;
    for (let step = 1; from >= 0 && step < old.slides.length; step++) {
      const follower = old.slides[(from + step) % old.slides.length];
      const at = this.manifest.slides.findIndex((s) => s.id === follower.id);
      if (at >= 0) return at - 1;
    }
    return -1;
  }

  keepOrDropNext() {
    const at = this.candidate();
    if (at >= 0 && same(this.manifest.slides[at], this.next.layer.slide)) {
      this.next.at = at;
      this.next.layer.fit(this.manifest.slides[at]);
    } else {
      this.dropNext();
    }
  }

  // candidate returns the place of the slide to show next: the first that has not just failed, or -1.
  candidate() {
    const slides = this.manifest.slides;
    for (let step = 1; step <= slides.length; step++) {
      const at = (this.at + step + slides.length) % slides.length;
      const isOn = this.current && same(slides[at], this.current.slide);
      if (!isOn && !this.failed.has(slides[at].id)) return at;
    }
    return -1;
  }

  // setEnd works out when the slide that is on has had its time. A video ends by itself unless it is given another time.
  setEnd() {
    const slide = this.current.slide;
    const length = this.current.length ? this.current.length() : 0;
    const own = length > 0 && Math.abs(length - slide.duration_ms) < 1000;
    const alone = this.manifest.slides.length === 1;
    this.current.loop(alone || (length > 0 && !own && slide.duration_ms > length));
    this.due = own && !alone ? Infinity : this.shownAt + slide.duration_ms;
  }

  // wake looks at what is to be done now and sleeps until there is more: one timer, never two.
  wake() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (!this.manifest || !this.manifest.slides.length) return;
    const now = performance.now();
    this.sweep(now);
    if (!this.paused) {
      this.watch(now);
      this.ready(now);
      if (this.next && this.next.ready && this.isDue(now) && !this.busy) this.change(1);
    }
    this.timer = setTimeout(() => this.wake(), this.sleep(performance.now()));
  }

  sleep(now) {
    let until = now + LONGEST_SLEEP;
    if (this.current && this.due > now) until = Math.min(until, this.due);
    if (this.leaving) until = Math.min(until, this.leaving.until);
    return Math.max(20, until - now);
  }

  isDue(now) { return !this.current || now >= this.due || (this.current.ended && !this.current.medium.loop); }

  sweep(now) {
    if (this.leaving && now >= this.leaving.until) {
      this.leaving.layer.drop();
      this.leaving = null;
    }
  }

  // watch looks after the video that is on: one that is broken or stuck gives way, or begins again if it is alone.
  watch(now) {
    const layer = this.current;
    if (!layer || this.busy) return;
    const progress = layer.progress();
    if (progress === null) return;
    if (progress !== this.progress || layer.ended) {
      this.progress = progress;
      this.movedAt = now;
    }
    const stuck = now - this.movedAt > FROZEN;
    if (layer.broken || stuck) {
      this.on.problem(layer.slide, layer.broken || 'the video stands still');
      this.movedAt = now;
      this.due = 0;
      if (this.candidate() < 0) this.replace();
    } else if (layer.ended && this.candidate() < 0) {
      layer.again(); // the others cannot be shown just now
      this.failed.clear();
    }
  }

  // replace puts the same slide on again, by a fresh layer.
  replace() {
    const now = performance.now();
    if (this.next || now < this.retryAt) return;
    this.retryAt = now + RETRY;
    this.prepare(this.manifest.slides.findIndex((s) => same(s, this.current.slide)));
  }

  // ready makes the next slide ready in time.
  ready(now) {
    if (this.next || this.busy || now < this.retryAt) return;
    const at = this.candidate();
    if (at < 0) {
      this.nothingElse(now);
      return;
    }
    const left = this.current ? this.left(now) : 0;
    if (this.manifest.slides[at].kind === 'video' && left > AHEAD) return;
    this.prepare(at);
  }

  // nothingElse is called when no other slide can be shown just now.
  nothingElse(now) {
    const isWanted = this.current && this.manifest.slides.some((s) => same(s, this.current.slide));
    if (isWanted && this.due <= now && this.failed.size) { // it stays for another round, then the others are tried again
      this.failed.clear();
      this.shownAt = now;
      this.setEnd();
    }
    if (isWanted) return;
    if (this.current) this.current.drop(); // someone took it out of the playlist
    this.current = null;
    this.failed.clear();
    this.retryAt = now + RETRY;
  }

  left(now) {
    if (this.due !== Infinity) return this.due - now;
    return this.current.length() - this.current.progress() * 1000;
  }

  prepare(at) {
    if (at < 0) return;
    const slide = this.manifest.slides[at];
    const next = { layer: makeLayer(slide), at, ready: false };
    this.next = next;
    next.layer.prepare().then(() => {
      if (this.next !== next) return;
      next.ready = true;
      this.wake();
    }, (error) => this.fail(next, error));
  }

  fail(next, error) {
    if (this.next !== next) return;
    const slide = next.layer.slide;
    this.dropNext();
    this.failed.set(slide.id, error.message);
    this.on.problem(slide, error.message);
    this.wake();
  }

  dropNext() {
    if (!this.next) return;
    const next = this.next;
    this.next = null;
    next.layer.drop();
  }

  // change puts the next layer in the place of the one that is on. direction is -1 when a person steps back.
  async change(direction) {
    if (this.on.boundary && this.on.boundary()) return;
    const next = this.next;
    this.busy = true;
    try {
      const element = next.layer.element;
      element.style.opacity = '0';
      this.root.append(element);
      await next.layer.start();
    } catch (error) {
      this.busy = false;
      this.fail(next, error);
      return;
    }
    this.busy = false;
    if (this.next !== next) { // the manifest changed meanwhile
      next.layer.drop();
      this.wake();
      return;
    }
    this.next = null;
    this.swap(next, direction);
  }

  swap(next, direction) {
    const now = performance.now();
    if (this.leaving) this.leaving.layer.drop();
    this.leaving = null;
    const old = this.current;
    this.current = next.layer;
    this.current.onNews = () => this.wake();
    this.at = next.at;
    this.failed.delete(next.layer.slide.id);
    this.shownAt = now;
    this.movedAt = now;
    this.progress = -1;
    const takes = this.move(next.layer.element, old && old.element, direction);
    if (old) this.leaving = { layer: old, until: now + takes + 50 };
    this.setEnd();
    if (this.paused) {
      this.pausedLeft = this.due === Infinity ? Infinity : this.due - now;
      this.current.pause();
    }
    this.on.show(next.layer.slide);
    this.wake();
  }

  // move animates the change and returns how long that takes, in ms.
  move(enter, leave, direction) {
    enter.style.opacity = '';
    const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    const kind = this.manifest.transition;
    if (calm || kind === 'cut' || !enter.animate) return leave ? 40 : 0; // the old one goes after the new one was painted
    const options = { duration: FADE, easing: 'ease-in-out', fill: 'backwards' };
    if (kind === 'fade' || !leave) {
      enter.animate([{ opacity: 0 }, { opacity: 1 }], options);
      return FADE;
    }
    options.duration = GLIDE;
    options.easing = 'cubic-bezier(.45, 0, .2, 1)';
    enter.animate([{ transform: `translateX(${direction * 100}%)` }, { transform: 'none' }], options);
    leave.animate([{ transform: 'none' }, { transform: `translateX(${direction * -100}%)` }], { ...options, fill: 'both' });
    return GLIDE;
  }

  // step goes to a neighbouring slide because a person asked for it.
  step(direction) {
    const slides = this.manifest.slides;
    if (slides.length < 2 || this.busy) return;
    this.dropNext();
    const at = (this.at + direction + slides.length) % slides.length;
    this.prepare(at);
    const next = this.next;
    const go = () => {
      if (this.next !== next || this.busy) return;
      if (next.ready) this.change(direction);
      else setTimeout(go, 30);
    };
    go();
  }

  pause() {
    if (this.paused) return;
    this.paused = true;
    this.pausedLeft = this.due === Infinity ? Infinity : Math.max(0, this.due - performance.now());
    if (this.current) this.current.pause();
  }

  resume() {
    if (!this.paused) return;
    this.paused = false;
    const now = performance.now();
    this.due = now + this.pausedLeft;
    this.movedAt = now;
    if (this.current) this.current.resume();
    this.wake();
  }

  slide() { return this.current ? this.current.slide : null; }

  clear() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.dropNext();
    for (const layer of [this.current, this.leaving && this.leaving.layer]) if (layer) layer.drop();
    this.current = null;
    this.leaving = null;
    this.at = -1;
  }
}

function same(a, b) { return a.id === b.id && a.url === b.url; }
