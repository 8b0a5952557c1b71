/** Complications and follow-up: a proposed grade that is taken by one click, and parts that are asked only when they apply. */

const change = (control) => control.dispatchEvent(new Event("change", { bubbles: true }));
const byName = (name) => [...document.querySelectorAll(`[name="${CSS.escape(name)}"]`)];

/* -- complications ------------------------------------------------------------------------------------------------ */

/** The proposal becomes the grade, as if it had been chosen. */
function take(button) {
  const [control] = byName(button.dataset.take);
  control.value = button.dataset.value;
  change(control);
  control.focus();
  const taken = document.createElement("span");
  taken.className = "muted";
  taken.textContent = gettext("taken");
  button.replaceWith(taken);
}

/* -- follow-up ---------------------------------------------------------------------------------------------------- */

const followup = document.querySelector("[data-followup]");

/** Buttons or, where the answers are too long for buttons, a list. */
function answerOf(name) {
  const controls = byName(name);
  const answer = controls[0]?.type === "radio" ? controls.find((control) => control.checked) : controls[0];
  return answer?.value ?? "";
}

function giveAnswer(name, value) {
  const controls = byName(name);
  const control = controls[0]?.type === "radio" ? controls.find((each) => each.value === value) : controls[0];
  if (!control) return;
  if (control.type === "radio") control.checked = true;
  else control.value = value;
  change(control);
}

/** Whether a part holds anything: what is there stays in sight, whatever is answered above it. */
function speaks(part) {
  return [...part.querySelectorAll("input, select, textarea")].some((control) =>
    control.type === "checkbox" || control.type === "radio" ? control.checked : control.value !== "",
  );
}

function disclose() {
  for (const part of followup.querySelectorAll("[data-part]")) {
    part.hidden = answerOf(part.dataset.part) !== part.dataset.answer && !speaks(part);
  }
}

/** Who has died is dead, in either question: the one that is still open takes the answer of the other. */
function carryOver(event) {
  const { name } = event.target;
  const value = answerOf(name);
  const other = name.endsWith("-followup_state") && value === "died" ? [name.replace(/followup_state$/, "vital_status"), "dead"]
    : name.endsWith("-vital_status") && value === "dead" ? [name.replace(/vital_status$/, "followup_state"), "died"]
    : null;
  if (!other || answerOf(other[0]) || answerOf(`${other[0]}__missing`)) return;
  giveAnswer(...other);
}

function followHash() {
  const target = document.getElementById(window.location.hash.slice(1));
  const hidden = target?.closest("[data-part][hidden]");
  if (!hidden) return;
  hidden.hidden = false;
  target.scrollIntoView({ block: "center" });
  target.querySelector("input:not([type=hidden]), select")?.focus();
}

/* ----------------------------------------------------------------------------------------------------------------- */

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-take]");
  if (button) take(button);
});

if (followup) {
  // Before the answer is stored, so that both travel in one.
  followup.addEventListener("change", carryOver, true);
  followup.addEventListener("change", disclose);
  followup.addEventListener("registry:adopted", disclose);
  document.addEventListener("registry:saved", disclose);
  window.addEventListener("hashchange", followHash);
  followHash();
}
