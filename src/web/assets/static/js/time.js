// Times come in UTC and are told in the person's own zone: relative, with the exact one on hover.
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long', hour: 'numeric', minute: '2-digit' });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

function words(at) {
  const seconds = Math.round((Date.now() - at) / 1000);
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return relative.format(-Math.round(seconds / 60), 'minute');
  if (at.toDateString() === new Date().toDateString()) return clock.format(at);
  if (seconds < 7 * 86400) return relative.format(-Math.round(seconds / 86400), 'day');
  return exact.format(at);
}

// since is a time of day for today, and a day before that.
function since(at) {
  const today = new Date();
  if (at.toDateString() === today.toDateString()) return 'since ' + clock.format(at);
  if (today - at < 6 * 86400000) return 'since ' + weekday.format(at);
  return 'since ' + date.format(at);
}

// lasting tells for how long something goes on.
function lasting(at) {
  const seconds = Math.max(1, Math.round((Date.now() - at) / 1000));
  if (seconds < 60) return 'for ' + seconds + ' s';
  if (seconds < 3600) return 'for ' + Math.round(seconds / 60) + ' min';
  return since(at);
}

// localTimes rewrites the times below an element.
export function localTimes(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const say = 'since' in time.dataset ? since : 'for' in time.dataset ? lasting : words;
    const text = say(at);
    if (time.textContent !== text) time.textContent = text;
    time.title = exact.format(at);
  }
}

setInterval(() => localTimes(document), 20000);
