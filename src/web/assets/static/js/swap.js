// Forms and links that answer in place. The server always sends a whole page; of it, the parts marked data-region take
// the place of the page's own. Without this script the same forms and links work by loading the page.
import { localTimes } from './time.js';

const region = (root, name) => root.querySelector(`[data-region="${name}"]`);

// say tells something to a person who cannot see it happen.
export function say(text) {
  const place = document.getElementById('announce');
  place.textContent = '';
  setTimeout(() => { place.textContent = text; }, 50);
}

let hideToast = 0;
function armToast() {
  clearTimeout(hideToast);
  const toast = document.querySelector('.toast');
  if (!toast) return;
  hideToast = setTimeout(function hide() {
    if (toast.matches(':hover, :focus-within')) hideToast = setTimeout(hide, 3000);
    else toast.remove();
  }, toast.querySelector('form') ? 10000 : 5000);
}

// toast shows a message of the page itself.
export function toast(text, bad = false) {
  const box = document.createElement('div');
  box.className = bad ? 'toast bad' : 'toast';
  const p = document.createElement('p');
  p.textContent = text;
  box.append(p);
  region(document, 'flash').replaceChildren(box);
  armToast();
}

// patch puts in place only what differs, so that pictures that stay are not drawn anew.
function patch(here, next) {
  const old = [...here.children], fresh = [...next.children];
  const alike = old.length > 0 && old.length === fresh.length &&
    old.every((e, i) => e.outerHTML === fresh[i].outerHTML || e.cloneNode(false).isEqualNode(fresh[i].cloneNode(false)));
  const bare = [here, next].every((e) => [...e.childNodes].every((n) => n.nodeType === Node.ELEMENT_NODE || !n.textContent.trim()));
  if (!alike || !bare) { here.replaceChildren(...next.childNodes); return; }
  old.forEach((e, i) => { if (e.outerHTML !== fresh[i].outerHTML) patch(e, fresh[i]); });
}

function put(fresh, wanted) {
  const focused = document.activeElement;
  for (const next of fresh.querySelectorAll('[data-region]')) {
    const name = next.dataset.region;
    const here = region(document, name);
    if (!here || (wanted && !wanted(name, here))) continue;
    if (name === 'flash' && !next.children.length) continue;
    localTimes(next);
    const open = [...here.querySelectorAll('details')].map((d) => d.open);
    next.querySelectorAll('details').forEach((d, i) => { d.open = open[i] ?? d.open; });
    if (here.innerHTML === next.innerHTML) continue;
    const held = here.contains(focused) && focused !== document.body ? remember(focused) : null;
    patch(here, next);
    if (held) recall(here, held);
    here.querySelector('[autofocus]')?.focus();
  }
  document.title = fresh.title;
  armToast();
  document.dispatchEvent(new Event('vitrine:swapped'));
}

// What has the focus is found again by what it is, since the element itself is a new one.
function remember(element) {
  if (element.dataset.slide) return `[data-slide="${element.dataset.slide}"]`;
  if (element.id) return `#${CSS.escape(element.id)}`;
  const action = element.form?.querySelector('[name=action]')?.value;
  return action ? `form:has([name=action][value="${action}"]) button` : null;
}
function recall(root, selector) { root.querySelector(selector)?.focus({ preventScroll: true }); }

// load fetches a page and puts its regions in place. wanted may choose which; quietly: nobody asked for it, so a failure
// is not told.
export async function load(url, options = {}, wanted = null, quietly = false) {
  let response;
  try {
    response = await fetch(url, { ...options, headers: { Accept: 'text/html', ...options.headers } });
  } catch {
    if (quietly) return null;
    toast('The server cannot be reached. Nothing was changed; try again in a moment.', true);
    return null;
  }
  if (response.status === 503) { // it is starting: its page is none of ours
    if (!quietly) toast('The server is not ready. Nothing was changed; try again in a moment.', true);
    return null;
  }
  const text = await response.text();
  const fresh = new DOMParser().parseFromString(text, 'text/html');
  if (response.redirected && new URL(response.url).pathname === '/login') { location.assign('/login?next=' + encodeURIComponent(location.pathname)); return null; }
  if (!response.ok && !fresh.querySelector('[data-region]:not([data-region=flash])')) {
    if (quietly) return null;
    toast(fresh.querySelector('.lead')?.textContent || 'That did not work. Reload the page and try again.', true);
    return null;
  }
  put(fresh, wanted);
  return response;
}

export function startSwapping() {
  armToast();
  document.addEventListener('submit', async (event) => {
    const form = event.target;
    if (!form.matches('form[data-swap]') || event.defaultPrevented) return;
    event.preventDefault();
    const data = new FormData(form, event.submitter);
    // (form.action would be a field of that name, if the form has one.)
    if (form.method === 'get') {
      const url = new URL(form.getAttribute('action') || location.href, location.href);
      url.search = new URLSearchParams(data).toString();
      if (await load(url)) history.replaceState(null, '', url);
      return;
    }
    event.submitter?.setAttribute('disabled', '');
    const response = await load(form.getAttribute('action') || location.href, { method: 'POST', body: new URLSearchParams(data) });
    event.submitter?.removeAttribute('disabled');
    if (response?.redirected) history.replaceState(null, '', response.url);
  });
  document.addEventListener('click', async (event) => {
    const link = event.target.closest('a[data-swap]');
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (await load(link.href)) history.replaceState(null, '', link.href);
  });
}
