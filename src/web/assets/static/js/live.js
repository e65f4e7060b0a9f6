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

let lost = 0;
function listen() {
  const events = new EventSource('/api/v1/events');
  events.addEventListener('open', () => { if (lost) refresh(); lost = 0; });
  events.addEventListener('screen', () => { if (kinds().has('screen')) refresh(); });
  events.addEventListener('change', (event) => { if (kinds().has(JSON.parse(event.data).kind)) refresh(); });
  events.addEventListener('reload', refresh);
  events.addEventListener('moving', () => { events.close(); setTimeout(listen, 500 + 1500 * Math.random()); lost++; });
  events.addEventListener('error', () => {
    lost++;
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, Math.min(30000, 1000 * 2 ** Math.min(lost, 5)) * (0.5 + Math.random()));
  });
  addEventListener('pagehide', () => events.close(), { once: true });
}
listen();
addEventListener('pageshow', (event) => { if (event.persisted) { listen(); refresh(); } });
document.addEventListener('vitrine:changed', refresh);
document.addEventListener('visibilitychange', () => { if (!document.hidden && again) refresh(); });
