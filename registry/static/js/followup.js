/**
 * The follow-up list: where the keyboard goes when a line opens, closes or has been saved, what is said about it, and
 * that typed scores are not replaced by other rows of the list.
 */

import { csrfToken } from "./cookie.js";
import { createOutbox } from "./outbox.js";

const results = document.getElementById("followup-results");
const live = document.getElementById("followup-said");
const outbox = createOutbox({ onChange() {} });

function isChanged(control) {
  if (control.type === "hidden" || !control.name) return false;
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control.tagName !== "SELECT") return control.value !== control.defaultValue;
  const first = [...control.options].findIndex((option) => option.defaultSelected);
  return control.selectedIndex !== Math.max(first, 0);
}

/** The first form with something in it that the server has not got. */
function unsaved() {
  return [...(results?.querySelectorAll("[data-entry]") ?? [])].find(
    (form) => "unsaved" in form.dataset || [...form.elements].some(isChanged),
  );
}

/** What was typed stands in the way of what would replace it. */
function holdBack(form) {
  let note = form.querySelector("[data-hold]");
  if (!note) {
    note = document.createElement("p");
    note.className = "field-error";
    note.dataset.hold = "";
    note.setAttribute("role", "alert");
    form.prepend(note);
  }
  note.textContent = gettext("These scores are not saved yet. Save them, or cancel, before you go on.");
  form.querySelector("button[type=submit]").focus();
}

/** What a form asks for first: what is wrong, what is unusual, or its first score. */
function firstControl(form) {
  const order = [
    "[aria-invalid=true]",
    ".field-warning input",
    ".error-summary",
    ".warning-summary[tabindex]",
    ".entry-grid :is(input, select):not([type=hidden], [type=date], [name$=__missing])",
  ];
  return order.map((selector) => form.querySelector(selector)).find(Boolean);
}

/** A line has come: the keyboard goes on in its form, or at what comes next. */
function settle(line) {
  const form = line.querySelector("[data-entry]");
  line.scrollIntoView({ block: "nearest" });
  if (form) {
    firstControl(form)?.focus();
    return;
  }
  (line.querySelector(".row-actions a") ?? line.querySelector("a"))?.focus({ preventScroll: true });
  live.textContent = line.dataset.said ?? "";
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target !== results) return;
  const form = unsaved();
  if (!form) return;
  event.preventDefault();
  holdBack(form);
});

document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.matches?.("tbody.line") && results.dataset.asked === event.detail.elt.id) {
    delete results.dataset.asked;
    settle(event.detail.elt);
  }
});

// Lines that come by scrolling leave the keyboard where it is; a line that was asked for takes it.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.matches?.("tbody.line")) results.dataset.asked = event.detail.target.id;
});

// The password is asked for in place; what was typed is sent once somebody has signed in, with the token of the new session.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "post") return;
  detail.headers["X-CSRFToken"] = csrfToken();
  detail.parameters.csrfmiddlewaretoken = csrfToken();
});

document.addEventListener(
  "htmx:responseError",
  (event) => {
    if (event.detail.xhr.status !== 401) return;
    event.stopPropagation();
    const form = event.detail.elt;
    outbox.askToSignIn().then(() => window.htmx.trigger(form, "submit"));
  },
  { capture: true },
);

document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && event.target.closest?.("[data-entry]");
  if (form && !unsaved()) form.querySelector("[data-close-entry]")?.click();
});

window.addEventListener("beforeunload", (event) => {
  if (unsaved()) event.preventDefault();
});
