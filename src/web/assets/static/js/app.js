// What every page has: local times, forms that answer in place, and uploads.
import { localTimes } from './time.js';
import { startSwapping } from './swap.js';
import { startUploads } from './upload.js';
import { startVisiting } from './visit.js';

// prepare finishes what the server could not know of a page.
function prepare() {
  localTimes(document);
  // Addresses are told as this browser reached the server.
  for (const element of document.querySelectorAll('[data-origin]')) {
    element.textContent = location.origin + element.textContent;
    element.removeAttribute('data-origin');
  }
  showCover();
}

// Where a playlist is chosen for a screen, its first pictures are shown.
function showCover() {
  const chosen = document.querySelector('select[name=playlist]');
  document.querySelectorAll('[data-cover]').forEach((row) => { row.hidden = row.dataset.cover !== chosen?.value; });
}

document.addEventListener('change', (event) => { if (event.target.matches('select[name=playlist]')) showCover(); });
document.addEventListener('vitrine:visited', prepare);
startSwapping();
startUploads();
startVisiting();
prepare();
