// Copies the new token. The Clipboard API is there only over HTTPS and on localhost, so the old way stays.
const show = () => {
  document.querySelectorAll('[data-copy]').forEach((button) => { button.hidden = false; });
  // The page that shows a new token is the answer to a form: a reload must not send it again.
  if (document.querySelector('[data-once]')) history.replaceState(null, '', '/settings#tokens');
};
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    getSelection().selectAllChildren(source);
    document.execCommand('copy');
  }
  button.textContent = 'Copied';
});
document.addEventListener('vitrine:visited', show); // (this script runs once, whatever pages follow)
show();
