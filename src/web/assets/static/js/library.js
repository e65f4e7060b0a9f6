// The library: more pages are added below, and what was uploaded appears.
document.addEventListener('click', async (event) => {
  const link = event.target.closest('a[data-more]');
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  link.setAttribute('aria-busy', 'true');
  const response = await fetch(link.href, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!response?.ok) { location.assign(link.href); return; }
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
  const first = fresh.querySelector('[data-pages] > li');
  document.querySelector('[data-pages]').append(...fresh.querySelectorAll('[data-pages] > li'));
  const more = fresh.querySelector('.more');
  if (more) document.querySelector('.more').replaceWith(more); else document.querySelector('.more').remove();
  first?.querySelector('a').focus();
  // The page shows more than its address says: events must not put the first page in its place.
  document.querySelector('[data-region=library]').removeAttribute('data-live');
});

document.addEventListener('vitrine:uploaded', () => document.dispatchEvent(new Event('vitrine:changed')));
