/** The builder of a cohort and its page: choosing a variable by keyboard, and copying the definition. */

const OFFERS = "#picker-offers .offer-button, #picker-offers summary";

/** What can be chosen now: headings, and the variables of those that are open. */
function offers() {
  return [...document.querySelectorAll(OFFERS)].filter((one) => one.tagName === "SUMMARY" || one.closest("details").open);
}

/** Arrows walk from the search through what it has found; Enter in the search takes the first. */
function walk(event) {
  const inSearch = event.target.id === "picker-q";
  if (!inSearch && !event.target.matches?.(OFFERS)) return;
  if (event.key === "Enter" && inSearch) {
    event.preventDefault();
    document.querySelector("#picker-offers details[open] .offer-button")?.click();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const listed = offers();
    const at = listed.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    (at < 0 ? document.getElementById("picker-q") : listed[Math.min(at, listed.length - 1)])?.focus();
  } else if (event.key === "Escape") {
    event.preventDefault();
    document.querySelector('#picker [value^="close:"]')?.click();
  }
}

let step = 0;
const askedAt = new WeakMap();

function ask(event) {
  if (event.target.id === "builder") step += 1;
  askedAt.set(event.detail.xhr, step);
}

/** A count that was asked for before a step is of the draft before it, and comes too late. */
function passOver(event) {
  if (event.detail.target?.id === "outcome" && askedAt.get(event.detail.xhr) !== step) event.detail.shouldSwap = false;
}

async function copy(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const said = document.getElementById("copy-status");
  try {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    said.textContent = gettext("Copied");
  } catch {
    window.getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
    said.textContent = gettext("Not copied. The text is selected: copy it with the keyboard.");
  }
}

document.addEventListener("keydown", walk);
document.addEventListener("htmx:beforeRequest", ask);
document.addEventListener("htmx:beforeSwap", passOver);
document.addEventListener("click", copy);
for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
