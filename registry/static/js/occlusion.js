/**
 * The occlusion timeline while the operation goes on: minutes that count up by the server's clock, limits as they are
 * passed, rows that came or went on another device, and what becomes of the inflations when the incision is corrected.
 */

import { current, same, stored } from "./controls.js";

const MINUTE_MS = 60_000;
const minuteOf = (ms) => Math.floor(ms / MINUTE_MS);

/* -- counting ------------------------------------------------------------------------------------------------------ */

/** What is counted → how far the server's clock is ahead of this device's. */
const ahead = new WeakMap();

function count() {
  for (const now of document.querySelectorAll("[data-since]")) {
    if (!ahead.has(now)) ahead.set(now, Number(now.dataset.now) - Date.now());
    const minutes = minuteOf(Date.now() + ahead.get(now)) - minuteOf(Number(now.dataset.since));
    const shown = now.querySelector("[data-minutes]");
    if (shown.textContent !== String(minutes)) shown.textContent = minutes;
    let passed = false;
    for (const warning of now.querySelectorAll("[data-over]")) {
      warning.hidden = minutes <= Number(warning.dataset.over);
      passed ||= !warning.hidden;
    }
    now.classList.toggle("now-passed", passed);
  }
  for (const alarm of document.querySelectorAll("[data-alarm]")) {
    const said = [...alarm.closest("[data-occlusion]").querySelectorAll("[data-over]:not([hidden])")];
    const text = said.map((warning) => warning.textContent).join(" ");
    if (alarm.textContent !== text) alarm.textContent = text;
  }
}

/* -- rows of other devices ----------------------------------------------------------------------------------------- */

function dropGone(picture) {
  const block = picture.closest("[data-occlusion]");
  const rows = picture.querySelector("[data-rows]")?.dataset.rows.split(" ") ?? [];
  for (const mark of block?.querySelectorAll("[data-row] input[name=row]") ?? []) {
    const row = mark.closest("[data-row]");
    if (rows.includes(mark.value) || row.contains(document.activeElement)) continue;
    const form = row.querySelector("form[data-save]");
    const typed = [...form.elements].some((control) => !same(current(form, control.name), stored(form, control.name)));
    if (!typed) row.remove();
  }
}

function redrawn(event) {
  const { target } = event.detail;
  if (/^(picture|controls)-/.test(target.id)) {
    const picture = target.closest("[data-occlusion]")?.querySelector(".occlusion-picture");
    if (picture) dropGone(picture);
  }
  count();
}

/* -- a press that would change nothing ----------------------------------------------------------------------------- */

function pressed(event) {
  if (!event.target.closest?.(".btn-stamp[aria-disabled=true]")) return;
  event.preventDefault();
  event.stopPropagation();
}

/* -- a zone that was taken over ---------------------------------------------------------------------------------- */

/** Pressing an answer again takes it back, but whoever presses one that came with the row means it. */
function keepCarried(event) {
  const row = event.target.closest?.("[data-carried]");
  const chosen = event.target.closest?.("label.segment")?.querySelector("input[type=radio]")?.checked;
  if (!row || !chosen) return;
  event.stopPropagation();
  row.removeAttribute("data-carried");
}

/** A press that the server never got must not be taken for a stamp. */
function unstamped(event) {
  const block = event.detail.elt.closest?.(".occlusion-controls")?.closest("[data-occlusion]");
  if (!block || event.detail.xhr?.status === 401) return;
  const now = new Date();
  const time = [now.getHours(), now.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
  block.querySelector("[data-unstamped]").textContent = interpolate(
    gettext("Not stamped at %(time)s: the server could not be reached. Enter the time in its row, or press again."),
    { time },
    true,
  );
}

function stamped(event) {
  const block = event.detail.elt.closest?.("[data-occlusion]");
  if (block && event.detail.successful) block.querySelector("[data-unstamped]").textContent = "";
}

/* -- a corrected incision ------------------------------------------------------------------------------------------ */

/** Form → the incision that the minutes below were counted from. */
const counted = new WeakMap();
const incisionOf = (form) => form && [...form.elements].find((control) => control.name.endsWith("-incision_at"));

function noteIncision(event) {
  const { form, name } = event.target;
  if (form && /^procedure-.*-incision_at$/.test(name ?? "") && !counted.has(form)) counted.set(form, event.target.defaultValue);
}

function askToShift(event) {
  const { form } = event.detail;
  const before = counted.get(form);
  const after = incisionOf(form)?.defaultValue;
  if (before === undefined) return;
  const ask = document.getElementById(`shift-${form.id.replace(/^rec-/, "")}`);
  const rows = ask?.closest("[data-occlusion]").querySelectorAll("[data-row] input[name=row]").length;
  const moved = before && after ? difference(before, after) : 0;
  if (ask) ask.hidden = !rows || !moved;
  if (!moved) counted.delete(form);
  if (ask && moved) ask.querySelector("[name=minutes]").value = -moved;
}

/** Minutes from one time of day to another, the short way round midnight. */
function difference(before, after) {
  const minutes = (time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
  const apart = minutes(after) - minutes(before);
  return apart > 720 ? apart - 1440 : apart < -720 ? apart + 1440 : apart;
}

function settle(ask) {
  ask.hidden = true;
  const form = document.getElementById(`rec-${ask.id.replace(/^shift-/, "")}`);
  if (form) counted.delete(form);
}

/* -- typed times of day become minutes once they are read ------------------------------------------------------------ */

function showMinutes(event) {
  const { form, response } = event.detail;
  for (const control of form.elements) {
    if (!("clock" in control.dataset) || control === document.activeElement) continue;
    const [minutes = ""] = response.saved[control.name] ?? [];
    if (!control.value.includes(":") || control.value !== control.defaultValue || !minutes) continue;
    control.value = control.defaultValue = minutes;
  }
}

document.addEventListener("click", pressed, { capture: true });
document.addEventListener("pointerdown", keepCarried, { capture: true });
document.addEventListener("change", (event) => {
  if (event.target.type === "radio") event.target.closest("[data-carried]")?.removeAttribute("data-carried");
});
document.addEventListener("click", (event) => {
  const settled = event.target.closest?.("[data-shift-not]");
  if (settled) settle(settled.closest(".occlusion-shift"));
});
document.addEventListener("change", noteIncision);
document.addEventListener("input", noteIncision);
document.addEventListener("registry:saved", askToShift);
document.addEventListener("registry:saved", showMinutes);
document.addEventListener("htmx:afterRequest", (event) => {
  const ask = event.detail.elt.closest?.(".occlusion-shift");
  if (ask && event.detail.successful) settle(ask);
});
document.addEventListener("htmx:sendError", unstamped);
document.addEventListener("htmx:responseError", unstamped);
document.addEventListener("htmx:afterRequest", stamped);
document.addEventListener("htmx:afterSwap", redrawn);
document.addEventListener("registry:saved", count);
window.setInterval(count, 1000);
count();
