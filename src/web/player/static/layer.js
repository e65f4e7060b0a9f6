// One medium, made ready out of sight and then shown. A layer is used once and thrown away whole, so that days of
// playing leave nothing behind.

const PICTURE_WITHIN = 30000; // ms that a picture may take to come and be decoded
const VIDEO_WITHIN = 30000; // ms until a video must be able to begin
const GOOD_ENOUGH = 6000; // ms after which a video that has begun to come counts as ready, even if it may pause

// makeLayer returns the layer of a slide, not yet on the page and still empty.
export function makeLayer(slide) {
  return slide.kind === 'video' ? new VideoLayer(slide) : new PictureLayer(slide);
}

class Layer {
  constructor(slide, medium) {
    this.slide = slide;
    this.medium = medium;
    this.gone = false;
    this.cancel = null;
    this.element = document.createElement('div');
    this.element.className = 'layer';
    this.element.append(medium);
    this.fit(slide);
  }

  // fit takes over what may change while the slide is on.
  fit(slide) {
    this.slide = slide;
    this.element.dataset.fit = slide.fit;
    this.element.dataset.slide = slide.id;
    if (this.medium.tagName === 'IMG') this.medium.alt = slide.name;
    else this.medium.setAttribute('aria-label', slide.name);
  }

  // wait settles a promise once, by the first of several events or by time, and leaves no listener or timer behind.
  wait(within, listen) {
    return new Promise((resolve, reject) => {
      const drop = [];
      const settle = (how) => (value) => {
        clearTimeout(timer);
        for (const f of drop) f();
        this.cancel = null;
        how(value);
      };
      const done = settle(resolve);
      const fail = settle(reject);
      const timer = setTimeout(() => fail(new Error('it did not come within ' + within / 1000 + ' seconds')), within);
      this.cancel = () => fail(new Error('cancelled'));
      listen((target, name, act) => {
        target.addEventListener(name, act);
        drop.push(() => target.removeEventListener(name, act));
      }, done, fail, (f) => drop.push(f));
    });
  }

  // drop takes the layer off the page and lets the browser forget the medium.
  drop() {
    if (this.gone) return;
    this.gone = true;
    if (this.cancel) this.cancel();
    this.release();
    this.element.remove();
  }
}

class PictureLayer extends Layer {
  constructor(slide) {
    const picture = new Image();
    picture.decoding = 'sync'; // it is decoded before it is shown; never show the place where it will be
    super(slide, picture);
  }

  async prepare() {
    const picture = this.medium;
    await this.wait(PICTURE_WITHIN, (on, done, fail) => {
      on(picture, 'load', done);
      on(picture, 'error', () => fail(new Error('the picture could not be loaded')));
      picture.src = this.slide.url;
    });
    await this.decode();
  }

  async decode() {
    if (!this.medium.decode) return;
    try {
      await this.medium.decode();
    } catch (error) {
      // Some browsers refuse to decode ahead what they show without trouble; a picture without a size is broken.
      if (!this.medium.naturalWidth) throw new Error('the picture is damaged');
    }
  }

  // start is called just before the layer is shown: what was decoded long ago may have been given up meanwhile.
  start() { return this.decode(); }
  pause() {}
  resume() {}
  again() {}
  loop() {}
  progress() { return null; }
  release() { this.medium.removeAttribute('src'); }
}

class VideoLayer extends Layer {
  constructor(slide) {
    const video = document.createElement('video');
    video.muted = true;
    video.defaultMuted = true;
    video.playsInline = true;
    video.disableRemotePlayback = true;
    video.preload = 'auto';
    super(slide, video);
    this.ended = false;
    this.broken = '';
    video.addEventListener('ended', () => { this.ended = true; this.news(); });
    video.addEventListener('error', () => { this.broken = reason(video); this.news(); });
  }

  news() { if (!this.gone && this.onNews) this.onNews(); }

  async prepare() {
    const video = this.medium;
    await this.wait(VIDEO_WITHIN, (on, done, fail, finally_) => {
      const late = setTimeout(() => {
        if (video.readyState >= 3) done();
        else on(video, 'canplay', done);
      }, GOOD_ENOUGH);
      finally_(() => clearTimeout(late));
      on(video, 'canplaythrough', done);
      on(video, 'error', () => fail(new Error(reason(video))));
      video.src = this.slide.url;
      video.load();
    });
  }

  async start() {
    try {
      await this.medium.play();
    } catch (error) {
      if (this.medium.error) throw new Error(reason(this.medium));
      if (error.name === 'AbortError') return; // paused or dropped meanwhile
      throw new Error('this browser does not play it (' + error.name + ')');
    }
  }

  pause() { this.medium.pause(); }
  resume() { if (!this.ended) this.medium.play().catch(() => {}); }
  again() {
    this.ended = false;
    this.medium.currentTime = 0;
    this.medium.play().catch(() => {});
  }
  loop(on) {
    this.medium.loop = on;
    if (on && this.ended) this.again();
  }
  progress() { return this.medium.currentTime; }
  length() { return Number.isFinite(this.medium.duration) ? this.medium.duration * 1000 : 0; }
  release() {
    const video = this.medium;
    video.pause();
    video.removeAttribute('src');
    video.load(); // without this, browsers keep the decoder and what was loaded
  }
}

function reason(video) {
  switch (video.error && video.error.code) {
    case 2: return 'the video stopped coming';
    case 3: return 'the video is damaged';
    case 4: return 'this browser cannot play the video, or it is not there';
    default: return 'the video failed';
  }
}
