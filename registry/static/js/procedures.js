/**
 * The section of procedures: takes over what was entered before, and keeps answers apart that exclude each other.
 */

import { current, setShown } from "./controls.js";

const named = (prefix, name) => document.querySelector(`[name="${CSS.escape(`${prefix}-${name}`)}"]`);

/* -- “same as”: fills what is still empty, and never what has been entered ----------------------------------------- */

function copy(button) {
  const { copy: source, into, names } = button.dataset;
  let last = null;
  for (const name of names.split(" ")) {
    const from = named(source, name);
    const to = named(into, name);
    if (!from || !to || current(to.form, `${into}-${name}`).length || current(to.form, `${into}-${name}__missing`).length) continue;
    const values = current(from.form, `${source}-${name}`);
    if (!values.length) continue;
    setShown(to.form, `${into}-${name}`, values);
    last = to;
  }
  // One change sends everything that differs from what is stored.
  last?.dispatchEvent(new Event("change", { bubbles: true }));
}

/* -- “none” stands alone ------------------------------------------------------------------------------------------- */

function keepNoneAlone(event) {
  const box = event.target;
  if (box.type !== "checkbox" || !box.checked || !box.form) return;
  const group = [...box.form.elements].filter((other) => other.name === box.name && other !== box);
  if (!group.some((other) => other.value === "none") && box.value !== "none") return;
  for (const other of group) {
    if (box.value === "none" || other.value === "none") other.checked = false;
  }
  if (box.value === "none" && box.name.endsWith("-leak_sites")) {
    setShown(box.form, box.name.replace(/leak_sites$/, "leak_symptomatic"), []);
  }
}

/* -- rows ---------------------------------------------------------------------------------------------------------- */

function added(event) {
  const { elt, successful } = event.detail;
  if (!successful || !elt.matches?.("form[data-clear]")) return;
  for (const input of elt.querySelectorAll("input[type=text]")) input.value = "";
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (button) copy(button);
});
// Before the editor sees the change, so that both are sent together.
document.addEventListener("change", keepNoneAlone, { capture: true });
document.addEventListener("htmx:afterRequest", added);
