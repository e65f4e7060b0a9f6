// While files are being uploaded, links and forms are followed without leaving the page, which would end the uploads. At
// all other times the browser loads pages as usual.
import { toast } from './swap.js';
import { uploading } from './upload.js';

async function visit(url, options = {}, push = true) {
  const response = await fetch(url, { ...options, headers: { Accept: 'text/html' } }).catch(() => null);
  if (!response || response.status === 503) {
    toast('The server cannot be reached. Try again in a moment.', true);
    return;
  }
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
  if (!fresh.body.classList.contains('signed-in')) { location.assign(response.url); return; } // another kind of page
  if (push) history.pushState(null, '', response.url);
  for (const part of ['.top', 'main', '[data-region=flash]']) document.querySelector(part).replaceWith(fresh.querySelector(part));
  document.title = fresh.title;
  scrollTo(0, 0);
  document.querySelector('main').focus({ preventScroll: true });
  // A script that the page has already is not run again.
  for (const script of fresh.querySelectorAll('script[type=module][src]')) await import(script.src);
  document.dispatchEvent(new Event('vitrine:visited'));
  document.dispatchEvent(new Event('vitrine:swapped'));
}

export function startVisiting() {
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href]');
    if (!uploading() || !link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey ||
      event.altKey || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.pathname === location.pathname && link.search === location.search && link.hash) return;
    event.preventDefault();
    visit(link.href);
  });
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!uploading() || event.defaultPrevented || form.method !== 'post' || form.enctype === 'multipart/form-data') return;
    event.preventDefault();
    visit(form.getAttribute('action') || location.href,
      { method: 'POST', body: new URLSearchParams(new FormData(form, event.submitter)) });
  });
  addEventListener('popstate', () => { if (uploading()) visit(location.href, {}, false); else location.reload(); });
}
