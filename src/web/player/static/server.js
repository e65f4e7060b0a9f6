// Talking to the server: requests that give up in time, and a stream of events that always comes back.

const REQUEST_WITHIN = 10000; // ms
const SILENT = 45000; // ms without a word after which a stream counts as dead: the server speaks every 15 s

// Refused is an answer that is not the one asked for.
export class Refused extends Error {
  constructor(status, detail, retryAfter) {
    super(detail);
    this.status = status;
    this.retryAfter = retryAfter; // ms, 0 if not said
  }
}

// post sends JSON and returns the JSON that comes back.
export async function post(url, body) {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), REQUEST_WITHIN);
  try {
    const answer = await fetch(url, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body || {}),
      signal: giveUp.signal, cache: 'no-store', credentials: 'same-origin',
    });
    if (!answer.ok) {
      const problem = await answer.json().catch(() => ({}));
      const wait = Number(answer.headers.get('Retry-After'));
      throw new Refused(answer.status, problem.detail || '', wait > 0 ? wait * 1000 : 0);
    }
    return await answer.json();
  } finally {
    clearTimeout(timer);
  }
}

// Backoff says how long to wait before the next try: longer each time, up to half a minute, and never all alike, so
// that a thousand screens do not come back in the same moment.
export class Backoff {
  constructor() { this.tries = 0; }
  reset() { this.tries = 0; }
  next() {
    const most = Math.min(30000, 1000 * 2 ** this.tries);
    this.tries++;
    return most * (0.4 + 0.6 * Math.random());
  }
}

// Stream holds one EventSource open. on: {manifest(object), unpaired(), up(), down()}
export class Stream {
  constructor(on) {
    this.on = on;
    this.source = null;
    this.timer = 0;
    this.heardAt = 0;
    this.backoff = new Backoff();
  }

  // open begins anew, telling the server which manifest is known already.
  open(version) {
    this.close();
    this.version = version;
    this.heardAt = performance.now();
    const source = new EventSource('/screen/events?version=' + encodeURIComponent(version));
    this.source = source;
    const heard = (act) => (event) => {
      if (this.source !== source) return;
      this.heardAt = performance.now();
      act(event);
    };
    source.onopen = heard(() => {
      this.backoff.reset();
      this.on.up();
    });
    source.onerror = () => { if (this.source === source) this.later(this.backoff.next()); };
    source.addEventListener('alive', heard(() => {}));
    source.addEventListener('manifest', heard((event) => this.on.manifest(JSON.parse(event.data))));
    source.addEventListener('unpaired', heard(() => { this.close(); this.on.unpaired(); }));
    source.addEventListener('moving', heard(() => this.later(300 + 1700 * Math.random())));
  }

  // later gives the connection up and makes another one after a while.
  later(wait) {
    this.close();
    this.on.down();
    this.timer = setTimeout(() => this.open(this.version), wait);
  }

  // check is called from time to time: a connection can die without anyone being told.
  check() {
    if (this.source && performance.now() - this.heardAt > SILENT) this.later(this.backoff.next());
  }

  close() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.source) this.source.close();
    this.source = null;
  }
}
