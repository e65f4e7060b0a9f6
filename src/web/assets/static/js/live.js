// Keeps the parts of a page that are marked data-live as they are on the server, by its stream of events.
import { load } from './swap.js';

const kinds = () => new Set([...document.querySelectorAll('[data-live]')].flatMap((e) => e.dataset.live.split(' ')));
const pause = 1000; // between two looks, in milliseconds, however much happens
let due = 0, busy = false, again = false, looked = 0;

function refresh() {
  if (busy || document.hidden) { again = true; return; }
  if (due) return;
  due = setTimeout(async () => {
    due = 0;
    if (document.body.classList.contains('dragging')) { refresh(); return; }
    busy = true;
    again = false;
    looked = Date.now();
    // Only what is live, and not where someone is typing.
    await load(location.href, {}, (name, here) => here.hasAttribute('data-live') && !here.querySelector('input:focus, select:focus'), true);
    busy = false;
    if (again) refresh();
  }, Math.max(250, looked + pause - Date.now()));
}

// A browser opens six connections to a server that has no HTTP/2, for all its tabs together: a tab that nobody looks at
// gives its own back, or the seventh would not load.
let lost = 0, events = null, later = 0;
// The first time, what changed since the page was made is asked for; later on, the page is read anew.
let after = document.body.dataset.head;

function listen() {
  clearTimeout(later);
  if (events || document.hidden) return;
  const mine = events = new EventSource('/api/v1/events' + (after ? '?after=' + encodeURIComponent(after) : ''));
  after = '';
  const again = (ms) => { if (mine === events) { stop(); lost++; later = setTimeout(listen, ms); } };
  mine.addEventListener('open', () => { if (lost) refresh(); lost = 0; });
  mine.addEventListener('screen', () => { if (kinds().has('screen')) refresh(); });
  mine.addEventListener('change', (event) => { if (kinds().has(JSON.parse(event.data).kind)) refresh(); });
  mine.addEventListener('reload', refresh);
  mine.addEventListener('moving', () => again(500 + 1500 * Math.random()));
  mine.addEventListener('error', () => {
    if (mine.readyState === EventSource.CLOSED) again(Math.min(30000, 1000 * 2 ** Math.min(lost + 1, 5)) * (0.5 + Math.random()));
    else lost++;
  });
}

function stop() {
  clearTimeout(later);
  events?.close();
  events = null;
}

listen();
addEventListener('pagehide', stop);
addEventListener('pageshow', (event) => { if (event.persisted) { listen(); refresh(); } });
document.addEventListener('visibilitychange', () => {
  if (document.hidden) { stop(); return; }
  listen();
  refresh(); // for what happened meanwhile
});
document.addEventListener('vitrine:changed', refresh);
