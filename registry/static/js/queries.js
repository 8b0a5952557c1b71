/** Puts the marks of data queries where their fields are; one in which somebody writes stays until it is left. */

const place = document.querySelector("[data-queries]");
let lastField = "";

/** Whether an answer has been begun in the mark. */
const isBusy = (mark) =>
  mark.contains(document.activeElement) || [...mark.querySelectorAll("textarea")].some((area) => area.value.trim());

function putMarks() {
  const sent = new Map(
    [...document.querySelectorAll("#queries-at template[data-query-at]")].map((part) => [part.dataset.queryAt, part]),
  );
  const open = new Set();
  for (const mark of document.querySelectorAll("[data-query-mark]")) {
    const at = mark.dataset.queryMark;
    if (sent.has(at) && isBusy(mark)) sent.delete(at);
    else {
      if (mark.open) open.add(at);
      mark.remove();
    }
  }
  for (const [at, part] of sent) {
    const field = document.getElementById(at);
    if (!field) continue;
    const mark = part.content.cloneNode(true).firstElementChild;
    mark.open = open.has(at);
    field.append(mark);
  }
}

/** What was sent has been kept: what was written for it goes. */
function taken(event) {
  if (event.detail.xhr.status !== 204) return;
  const { elt } = event.detail.requestConfig;
  for (const control of elt.elements ?? []) if (control.name === "text") control.value = "";
  event.detail.target.replaceChildren();
  if (document.activeElement?.form === elt) document.activeElement.blur();
  const ask = elt.closest(".query-ask");
  if (ask) ask.open = false;
}

/** Which of its buttons sends a form that stands elsewhere. */
function pressed(event) {
  const button = event.target.closest?.("[data-step]");
  if (button?.form) button.form.elements.step.value = button.dataset.step;
}

/** The field that was left last is the one that is asked about. */
function choose() {
  const option = document.querySelector(`#query-target option[data-at="${CSS.escape(lastField)}"]`);
  if (option && lastField) option.selected = true;
}

if (place) {
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "queries-at") putMarks();
    if (event.detail.target.id === "query-ask") choose();
  });
  document.addEventListener("htmx:beforeSwap", taken);
  document.addEventListener("click", pressed, true);
  document.addEventListener("focusin", (event) => {
    const field = event.target.closest?.("[id^='field-']");
    if (!field || place.contains(event.target)) return;
    lastField = field.id;
    choose();
  });
}
