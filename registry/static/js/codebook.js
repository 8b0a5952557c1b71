/** The codebook: names are copied by a click, and folded codes are unfolded for print. */

const said = document.getElementById("codebook-said");

/** Pages served without HTTPS have no clipboard API: there the browser's own copy command takes the selected name. */
function copySelected(element) {
  const selection = window.getSelection();
  selection.selectAllChildren(element);
  const copied = document.execCommand("copy");
  if (copied) selection.removeAllRanges();
  return copied;
}

async function copy(button) {
  let copied = true;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    copied = copySelected(button.parentElement.querySelector("code"));
  }
  if (!copied) {
    said.textContent = gettext("Not copied. The text is selected: copy it with the keyboard.");
    return;
  }
  said.textContent = gettext("Copied");
  for (const other of document.querySelectorAll("[data-copied]")) delete other.dataset.copied;
  button.dataset.copied = gettext("Copied");
}

function offerCopies() {
  for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}

let unfolded = [];

function unfold() {
  unfolded = [...document.querySelectorAll("details.codes:not([open])")];
  for (const codes of unfolded) codes.open = true;
}

function foldAgain() {
  for (const codes of unfolded) codes.open = false;
  unfolded = [];
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
document.addEventListener("htmx:afterSettle", offerCopies);
window.addEventListener("beforeprint", unfold);
window.addEventListener("afterprint", foldAgain);
offerCopies();
