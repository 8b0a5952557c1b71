/**
 * Copying a text of the page. `data-copy` on a button names the element with the text, `data-copy-status` the one that
 * says what came of it. Without script there is no button.
 */

/** Pages served without HTTPS have no clipboard API: there the browser's own copy command takes the selected text. */
function copySelected(element) {
  window.getSelection().selectAllChildren(element);
  return document.execCommand("copy");
}

async function copy(event) {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  let copied;
  try {
    await navigator.clipboard.writeText(text.textContent.trim());
    copied = true;
  } catch {
    copied = copySelected(text);
  }
  document.getElementById(button.dataset.copyStatus).textContent = copied
    ? gettext("Copied")
    : gettext("Not copied. The text is selected: copy it with the keyboard.");
}

function show() {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}

document.addEventListener("click", copy);
document.addEventListener("htmx:afterSettle", show);
show();
