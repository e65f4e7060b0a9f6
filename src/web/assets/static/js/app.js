// What every page has: local times, forms that answer in place, and uploads.
import { localTimes } from './time.js';
import { startSwapping } from './swap.js';
import { startUploads } from './upload.js';

localTimes(document);
startSwapping();
startUploads();

// Addresses are told as this browser reached the server.
for (const element of document.querySelectorAll('[data-origin]')) {
  element.textContent = location.origin + element.textContent;
}

// Where a playlist is chosen for a screen, its first pictures are shown.
const chosen = document.querySelector('select[name=playlist]');
if (chosen) {
  const show = () => document.querySelectorAll('[data-cover]').forEach((row) => { row.hidden = row.dataset.cover !== chosen.value; });
  chosen.addEventListener('change', show);
  show();
}
