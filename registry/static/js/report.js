/** A drafted report or letter: copied, printed, drafted again; typed text is never given up without a question. */

const text = () => document.getElementById("draft-text");
const edited = () => text().value !== text().defaultValue;

function say(words) {
  document.getElementById("draft-status").textContent = words;
}

/** Pages served without HTTPS have no clipboard API: there the browser's own copy command takes the selected text. */
function copySelected(field) {
  const back = document.activeElement;
  field.focus();
  field.select();
  const copied = document.execCommand("copy");
  if (copied) {
    field.setSelectionRange(0, 0);
    back?.focus();
  }
  return copied;
}

async function copy() {
  const field = text();
  let copied = true;
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    copied = copySelected(field);
  }
  say(copied ? gettext("Copied") : gettext("Not copied. The text is selected: copy it with the keyboard."));
}

/** A printed text area shows what fits into it; the paper beside it holds the whole text. */
function layPaper() {
  document.getElementById("draft-paper").textContent = text().value;
}

function ask(shown) {
  document.getElementById("draft-ask").hidden = !shown;
  document.querySelector(shown ? '[data-draft="keep"]' : '[data-draft="again"]').focus();
}

/** The draft as the server writes it now: values may have been entered in another tab meanwhile. */
async function draftAgain() {
  say("");
  let fresh = null;
  try {
    const response = await fetch(window.location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (response.ok) fresh = page.getElementById("draft");
  } catch {
    // said below: the text stays as it is
  }
  if (!fresh) {
    say(gettext("No new draft: the server cannot be reached, or your session has ended. Your text is still here."));
    return;
  }
  document.getElementById("draft").replaceWith(document.adoptNode(fresh));
  document.querySelector('[data-draft="again"]').focus();
  say(gettext("Drafted again from what is entered now."));
}

const actions = {
  copy,
  print: () => window.print(),
  again: () => (edited() ? ask(true) : draftAgain()),
  discard: () => {
    ask(false);
    return draftAgain();
  },
  keep: () => ask(false),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-draft]");
  if (button) actions[button.dataset.draft]();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.closest("#draft-ask")) ask(false);
});
document.addEventListener("input", (event) => {
  if (event.target === text()) say("");
});
window.addEventListener("beforeprint", layPaper);
window.addEventListener("beforeunload", (event) => {
  if (!edited()) return;
  event.preventDefault();
  event.returnValue = true; // browsers before 2023 ask for this
});
