// Times come in UTC and are told in the person's own zone: relative, with the exact one on hover.
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

function words(at) {
  const seconds = Math.round((Date.now() - at) / 1000);
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return relative.format(-Math.round(seconds / 60), 'minute');
  if (at.toDateString() === new Date().toDateString()) return clock.format(at);
  if (seconds < 7 * 86400) return relative.format(-Math.round(seconds / 86400), 'day');
  return exact.format(at);
}

// localTimes rewrites the times below an element.
export function localTimes(root) {
  for (const time of root.querySelectorAll('time[data-ago]')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.textContent = words(at);
    time.title = exact.format(at);
  }
}

setInterval(() => localTimes(document), 20000);
