// The page that shows a new token is the answer to a form: a reload must not send it again.
if (document.querySelector('[data-once]')) history.replaceState(null, '', '/settings#tokens');

// Copies the new token. The Clipboard API is there only over HTTPS and on localhost, so the old way stays.
for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      getSelection().selectAllChildren(source);
      document.execCommand('copy');
    }
    button.textContent = 'Copied';
  });
}
