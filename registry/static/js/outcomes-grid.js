/** The outcomes grid: moving through it by keyboard, one time point at a time on a narrow page, one reason for many. */

const outcomes = document.querySelector("[data-outcomes]");
const narrow = window.matchMedia("(max-width: 899.98px)");
const MISSING = "__missing";

const columns = () => [...outcomes.querySelectorAll("[data-column]")];
const change = (control) => control.dispatchEvent(new Event("change", { bubbles: true }));

/* -- one time point at a time ------------------------------------------------------------------------------------- */

function show(column) {
  for (const each of columns()) each.classList.toggle("is-shown", each === column);
  for (const button of outcomes.querySelectorAll("[data-show]")) {
    if (button.dataset.show !== column.id) {
      button.removeAttribute("aria-current");
      continue;
    }
    button.setAttribute("aria-current", "true");
    const strip = button.closest("ul");
    strip.scrollLeft += button.getBoundingClientRect().left - strip.getBoundingClientRect().left - 16;
  }
}

/** A button of the strip leads to its column: to the first score that is empty, else to its heading. */
function goTo(button) {
  const column = document.getElementById(button.dataset.show);
  if (!column) return;
  show(column);
  const empty = stops(column).find((control) => !answered(control));
  const target = narrow.matches ? column.querySelector("h3") : (empty ?? column.querySelector("h3"));
  target.focus({ preventScroll: true });
  column.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (!narrow.matches) target.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function answered(control) {
  if (control.type === "radio") return [...control.form.elements].some((each) => each.name === control.name && each.checked);
  const [companion] = [...control.form.elements].filter((each) => each.name === control.name + MISSING);
  return control.value !== "" || Boolean(companion?.value);
}

/** A link to a field opens what hides it. */
function followHash() {
  const target = window.location.hash.startsWith("#") && document.getElementById(window.location.hash.slice(1));
  if (!target || !outcomes.contains(target)) return;
  if (target.matches("#time-points > li")) {
    pressOnceLoaded(target.querySelector("button"));
    return;
  }
  const column = target.closest("[data-column]");
  if (column) show(column);
  if (target.closest(".of-sections")) openSections(true);
  target.closest("details")?.setAttribute("open", "");
  target.scrollIntoView({ block: "center", inline: "nearest" });
  target.querySelector("input:not([type=hidden]), select")?.focus({ preventScroll: true });
}

/** A link to a time point shows its column, or adds it as soon as htmx answers clicks. */
function pressOnceLoaded(button) {
  if (document.readyState === "complete") button?.click();
  else window.addEventListener("load", () => button?.click(), { once: true });
}

/* -- the sections of the ODI -------------------------------------------------------------------------------------- */

function openSections(open) {
  outcomes.classList.toggle("sections-open", open);
  for (const button of outcomes.querySelectorAll("[data-sections]")) button.setAttribute("aria-expanded", String(open));
}

function toggleSections(button) {
  const open = !outcomes.classList.contains("sections-open");
  openSections(open);
  if (open) button.closest("[data-column]").querySelector(".of-sections input")?.focus();
}

/** A section takes one digit; the next one follows by itself, as the hint beside them says. */
function digit(event) {
  const control = event.target;
  if (!control.closest(".of-sections") || !/^[0-5]$/.test(control.value) || event.inputType !== "insertText") return;
  step(control, 1);
}

/* -- keyboard ----------------------------------------------------------------------------------------------------- */

/** The controls of a column that are stepped through, each set of buttons once. */
function stops(column) {
  const seen = new Set();
  return [...column.querySelectorAll(".cell-field :is(input, select)")].filter((control) => {
    if (control.name.endsWith(MISSING) || control.closest(".cell-way") || control.offsetParent === null) return false;
    if (control.type === "radio") {
      if (seen.has(control.name)) return false;
      seen.add(control.name);
    }
    return true;
  });
}

function step(control, by) {
  const all = stops(control.closest("[data-column]"));
  const at = all.findIndex((each) => each === control || (each.type === "radio" && each.name === control.name));
  const next = all[at + by];
  if (!next) return false;
  const chosen = next.type === "radio" && [...next.form.elements].find((each) => each.name === next.name && each.checked);
  (chosen || next).focus();
  if (next.type === "text") next.select();
  return true;
}

function keyed(event) {
  const control = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || !control.closest?.(".cell-field")) return;
  if (control.name?.endsWith(MISSING) || control.closest(".cell-way")) return;
  const arrows = control.type === "text";
  const by = event.key === "Enter" ? (event.shiftKey ? -1 : 1) : arrows && event.key === "ArrowDown" ? 1 : arrows && event.key === "ArrowUp" ? -1 : 0;
  if (by && control.tagName !== "BUTTON") {
    event.preventDefault();
    step(control, by);
  }
}

/* -- one reason for everything that is empty ------------------------------------------------------------------------ */

function giveReason(button) {
  const form = document.getElementById(button.dataset.form);
  const prefix = form.id.replace(/^rec-/, "") + "-";
  const code = button.dataset.all;
  let last = null;
  for (const name of outcomes.dataset.givenAtOnce.split(" ")) {
    const controls = [...form.elements].filter((each) => each.name === prefix + name);
    const [companion] = [...form.elements].filter((each) => each.name === prefix + name + MISSING);
    const empty = controls.every((each) => (each.type === "radio" ? !each.checked : each.value === ""));
    if (!companion || !empty || companion.value === code) continue;
    if (code && companion.value) continue;
    companion.value = code;
    last = companion;
  }
  if (last) change(last); // one change, so that everything is sent together
  const menu = button.closest("details");
  menu?.removeAttribute("open");
  document.getElementById(form.id.replace(/^rec-/, ""))?.querySelector("h3").focus();
}

/* ----------------------------------------------------------------------------------------------------------------- */

function clicked(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-show]")) goTo(button);
  else if (button.matches("[data-sections]")) toggleSections(button);
  else if (button.matches("[data-all]")) giveReason(button);
}

function arrived(event) {
  const column = event.target.matches?.("[data-column]") ? event.target : null;
  if (column) {
    show(column);
    openSections(outcomes.classList.contains("sections-open"));
  }
  document.querySelector("[data-add-visit]")?.closest("details")?.removeAttribute("open");
}

if (outcomes) {
  outcomes.classList.add("one-at-a-time");
  outcomes.addEventListener("click", clicked);
  outcomes.addEventListener("keydown", keyed);
  outcomes.addEventListener("input", digit);
  outcomes.addEventListener("focusin", (event) => {
    const column = event.target.closest("[data-column]");
    if (column) show(column);
  });
  outcomes.addEventListener("htmx:load", arrived, true);
  window.addEventListener("hashchange", followHash);
  const due = columns().find((column) => column.querySelector(".timing-due"));
  show(due ?? columns().find((column) => stops(column).some((control) => !answered(control))) ?? columns()[0]);
  // The browser itself goes to the address's target when all has loaded, and takes the cursor away from its field.
  window.addEventListener("load", () => window.setTimeout(followHash));
  followHash();
}
