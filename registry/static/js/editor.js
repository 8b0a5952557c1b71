/**
 * The section editor: saves what changed, field by field, and never takes away what was typed.
 *
 * A control belongs to a record by its form (`data-save` is the record's address). It is dirty while it differs from its
 * DOM default, which always holds what the server has stored; saving moves the default, so nothing else is remembered.
 */

import { controls, current, names, prefixOf, same, saved, setShown, setStored, stored } from "./controls.js";
import { createOutbox } from "./outbox.js";
import { watchRows } from "./rows.js";

const desk = document.querySelector("[data-editor]");
const MISSING = "__missing";
const CONFIRM = "confirm__";
const KEYS = { "?": "unknown", "!": "not_done", "*": "refused", "/": "not_applicable" };
const FREE_TEXT = "textarea, input[type=text]:not([inputmode]), input[type=search], input[type=password]";

/* -- what is sent ------------------------------------------------------------------------------------------------ */

const isConfirmation = (form, name) => name.slice(prefixOf(form).length).startsWith(CONFIRM);

function dirtyNames(form) {
  return names(form).filter((name) => !same(current(form, name), stored(form, name)));
}

/** An interval's value and its unit are one answer, as are a value and the reason for its absence. */
function withPartners(form, dirty) {
  const wanted = new Set(dirty);
  for (const name of dirty) {
    for (const [end, partner] of [["_value", "_unit"], ["_unit", "_value"]]) {
      if (name.endsWith(end)) {
        const other = name.slice(0, -end.length) + partner;
        if (controls(form, other).length) wanted.add(other);
      }
    }
  }
  return [...wanted];
}

function fieldsOf(form, chosen) {
  const prefix = prefixOf(form);
  const body = { fields: {}, base: {}, confirm: {} };
  for (const name of withPartners(form, chosen)) {
    const bare = name.slice(prefix.length);
    if (bare.startsWith(CONFIRM)) {
      const [reason] = current(form, name);
      if (reason) body.confirm[bare.slice(CONFIRM.length)] = reason;
      continue;
    }
    let values = current(form, name);
    // A unit without a number says nothing, though a list may stand on one.
    if (bare.endsWith("_unit") && !current(form, `${prefix}${bare.slice(0, -"_unit".length)}_value`).length) {
      const value = `${prefix}${bare.slice(0, -"_unit".length)}_value`;
      if (controls(form, value).length) values = [];
    }
    body.fields[bare] = values;
    for (const part of [bare, bare.endsWith(MISSING) ? bare.slice(0, -MISSING.length) : bare + MISSING]) {
      if (controls(form, prefix + part).length) body.base[part] = stored(form, prefix + part);
    }
  }
  return body;
}

/* -- what the page says ------------------------------------------------------------------------------------------- */

const state = document.getElementById("save-state");
const unsaved = document.getElementById("unsaved");
/** Control name → messages of the server. */
const refusals = new Map();
/** Control name → what the field's notes would show, held back while the field is being typed in. */
const held = new Map();
let lastSaved = "";
/** What the page said of earlier savings when it came. */
const savedBefore = state?.textContent.trim() ?? "";

function say(kind, text) {
  if (!state || (state.dataset.state === kind && state.textContent.trim() === text)) return;
  state.dataset.state = kind;
  state.textContent = text;
}

function labelOf(name) {
  const row = document.getElementById(`field-${name}`);
  const label = row?.querySelector("label, legend, summary");
  const words = label?.cloneNode(true);
  words?.querySelectorAll(".field-unit, .field-required").forEach((part) => part.remove());
  return (words?.textContent ?? name).trim().replace(/\s+/g, " ");
}

function report(outbox) {
  const open = [...refusals].filter(([name]) => !isBusy(name));
  if (unsaved) {
    const list = unsaved.querySelector("ul");
    list.replaceChildren(
      ...open.map(([name, messages]) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = `#field-${name}`;
        link.textContent = messages[0]?.toLowerCase().startsWith(labelOf(name).toLowerCase())
          ? messages[0]
          : `${labelOf(name)}: ${messages[0] ?? ""}`;
        item.append(link);
        return item;
      }),
    );
    unsaved.hidden = open.length === 0;
  }
  if (outbox.signedOut) say("signed-out", gettext("Not saved: your session has ended."));
  else if (outbox.offline) say("offline", gettext("No connection. What you typed stays on this page and is sent as soon as the server answers."));
  else if (outbox.refused) say("refused", outbox.refused);
  else if (outbox.busy) say("saving", gettext("saving…"));
  else if (open.length) {
    say("refused", interpolate(ngettext("%(n)s value is not stored", "%(n)s values are not stored", open.length), { n: open.length }, true));
  } else if (lastSaved) say("saved", interpolate(gettext("saved %(at)s"), { at: lastSaved }, true));
  else say("saved", savedBefore);
}

function isFocused(name) {
  return document.activeElement?.name === name;
}

/** Whether a field is still being answered: it is typed into, or what belongs to it is (`data-wait` of its notes). */
function isBusy(name) {
  const together = document.getElementById(`notes-${name}`)?.dataset.wait;
  if (together && document.activeElement?.closest(together)) return true;
  // A button that has been pressed is an answer, while a text may be half typed.
  return isFocused(name) && !["radio", "checkbox"].includes(document.activeElement.type);
}

/** Put the server's parts in their places; one that holds the focus waits until it is left. */
function fillSlots(slots) {
  for (const [id, html] of Object.entries(slots)) {
    const place = document.getElementById(id);
    if (!place || place.dataset.drawn === html || place.innerHTML === html) continue;
    const busy = place.contains(document.activeElement) || (id.startsWith("notes-") && isBusy(id.slice("notes-".length)));
    if (busy) {
      held.set(id, html);
      continue;
    }
    held.delete(id);
    place.innerHTML = html;
    place.dataset.drawn = html;
    window.htmx?.process(place);
  }
}

/** Notes that come along with another record's answer do not take away what a field of their own has been refused. */
function notRefused(slots, form = null) {
  const another = (name) => refusals.has(name) && !(form && name.startsWith(prefixOf(form)));
  return Object.fromEntries(
    Object.entries(slots).filter(([id]) => !(id.startsWith("notes-") && another(id.slice("notes-".length)))),
  );
}

function releaseHeld() {
  const waiting = Object.fromEntries(held);
  held.clear();
  fillSlots(waiting);
}

/* -- sending ------------------------------------------------------------------------------------------------------ */

const outbox = createOutbox({ onChange: report, openedBy: desk?.dataset.user ?? "" });
/** Form → the names that are on their way, with the values sent. */
const onTheWay = new WeakMap();
/** Form → the sending that has not been answered yet. */
const underway = new WeakMap();
const versions = new WeakMap();

function send(form, { leaving = false } = {}) {
  if (!form.isConnected) return Promise.resolve();
  const travelling = onTheWay.get(form) ?? new Map();
  onTheWay.set(form, travelling);
  const changed = dirtyNames(form).filter(
    (name) => !(travelling.has(name) && same(travelling.get(name), current(form, name))),
  );
  if (!changed.length) return Promise.resolve();
  // What is one answer with a changed value travels, waits and is stored with it.
  const dirty = withPartners(form, changed);
  // A record that the server does not have yet is made by one answer; the fields of a stored one never wait for each
  // other, so that a browser that dies takes nothing along but the field being typed.
  const before = underway.get(form);
  if (before && !leaving && form.dataset.version === "0") return before.then(() => send(form));
  if (dirty.some((name) => travelling.has(name))) return outbox.settled().then(() => send(form, { leaving }));
  for (const name of dirty) travelling.set(name, current(form, name));
  const body = fieldsOf(form, dirty);
  const reason = document.getElementById("change-reason");
  if (reason) body.reason = reason.value;
  const address = `${form.dataset.save}?section=${desk.dataset.section}&case=${desk.dataset.case}`;
  const posted = outbox
    .post(address, body)
    .then((answer) => take(form, travelling, dirty, answer))
    .catch(() => {
      for (const name of dirty) travelling.delete(name);
      report(outbox);
    })
    .finally(() => {
      if (underway.get(form) === posted) underway.delete(form);
    });
  underway.set(form, posted);
  return posted;
}

function take(form, travelling, dirty, answer) {
  const sent = new Map(dirty.map((name) => [name, travelling.get(name)]));
  for (const name of dirty) travelling.delete(name);
  for (const [name, values] of Object.entries(answer.saved)) {
    if (isConfirmation(form, name) || answer.conflicts.includes(name)) continue;
    if (sent.has(name) && answer.written) {
      // What was sent is stored, however it was written; what has been typed since is dirty again.
      setStored(form, name, same(sent.get(name), current(form, name)) ? current(form, name) : sent.get(name));
      refusals.delete(name);
      if (sent.get(name).length !== values.length) adopt(form, name, values);
    } else if (!travelling.has(name) && !isFocused(name) && same(current(form, name), stored(form, name))) {
      adopt(form, name, values);
    }
  }
  for (const name of dirty) {
    if (isConfirmation(form, name) && answer.written) setStored(form, name, current(form, name));
  }
  for (const name of Object.keys(answer.errors)) refusals.set(name, answer.errors[name]);
  for (const name of names(form)) {
    if (!answer.errors[name] && refusals.has(name) && same(current(form, name), stored(form, name))) refusals.delete(name);
  }
  for (const name of answer.conflicts) {
    refusals.set(name, [gettext("Somebody else changed this value. Choose which one stays.")]);
    const notes = document.getElementById(`notes-${name}`);
    if (notes) notes.dataset.theirs = JSON.stringify(answer.saved[name] ?? []);
  }
  if (answer.written) lastSaved = answer.at;
  outbox.refused = answer.refused?.[0] ?? "";
  const reason = document.getElementById("reason-bar");
  reason?.classList.toggle("reason-needed", Boolean(answer.reason_needed));
  if ((versions.get(form) ?? 0) <= answer.version) {
    versions.set(form, answer.version);
    form.dataset.version = answer.version;
    fillSlots(notRefused(answer.slots, form));
  }
  report(outbox);
  document.dispatchEvent(new CustomEvent("registry:saved", { detail: { form, response: answer } }));
}

/** Something on the page has changed other values on the server: those that nobody is changing here are shown. */
function storedElsewhere(event) {
  for (const [name, values] of Object.entries(event.detail)) {
    if (!Array.isArray(values) || isFocused(name)) continue;
    const form = document.querySelector(`[name="${CSS.escape(name)}"]`)?.form;
    if (!saved(form) || onTheWay.get(form)?.has(name)) continue;
    if (same(current(form, name), stored(form, name))) adopt(form, name, values);
    else if (same(current(form, name), values)) {
      setStored(form, name, values);
      putBack(form, name);
      if (!anyDirty()) outbox.refused = "";
      report(outbox);
    }
  }
}

/** Parts that came with a row. */
function deliver(event) {
  const { target } = event.detail;
  delete target.dataset.drawn;
  // A refusal stands at the head of the page, wherever the button was.
  if (target.id === "row-refused" && target.childElementCount) target.scrollIntoView({ block: "center" });
  if (target.id !== "slots") return;
  const parts = [...target.querySelectorAll("template[data-slot]")].map((part) => [part.dataset.slot, part.innerHTML]);
  target.replaceChildren();
  fillSlots(notRefused(Object.fromEntries(parts)));
}

/** Show and note a value that the server holds. */
function adopt(form, name, values) {
  if (same(values, current(form, name)) && same(values, stored(form, name))) return;
  setShown(form, name, values);
  setStored(form, name, values);
  form.dispatchEvent(new CustomEvent("registry:adopted", { bubbles: true, detail: { name } }));
}

const forms = () => [...document.querySelectorAll("form[data-save]")];
const anyDirty = () => forms().some((form) => dirtyNames(form).length > 0);

function sendAll(options) {
  return Promise.allSettled(forms().map((form) => send(form, options)));
}

/* -- typing ------------------------------------------------------------------------------------------------------- */

let pause = 0;

function typed(event) {
  const form = event.target.form;
  if (!saved(form)) return;
  keepOneAnswer(form, event.target);
  window.clearTimeout(pause);
  // A reason is stored when it is finished, not while it is being written.
  if (isConfirmation(form, event.target.name)) return;
  pause = window.setTimeout(() => send(form), 2000);
}

function changed(event) {
  if (event.target.id === "change-reason") {
    sendAll();
    return;
  }
  const form = event.target.form;
  if (!saved(form)) return;
  keepOneAnswer(form, event.target);
  putBack(form, event.target.name);
  send(form);
}

/** A refused value that has given way to the stored one again is settled without another word from the server. */
function putBack(form, name) {
  if (!refusals.has(name) || !same(current(form, name), stored(form, name))) return;
  refusals.delete(name);
  held.delete(`notes-${name}`);
  const notes = document.getElementById(`notes-${name}`);
  notes?.querySelector(".errorlist")?.remove();
  if (notes) delete notes.dataset.drawn;
  report(outbox);
}

/** A value and the reason why there is none exclude each other: the later one stands. */
function keepOneAnswer(form, control) {
  const { name } = control;
  if (name.endsWith(MISSING)) {
    if (control.value) setShown(form, name.slice(0, -MISSING.length), []);
  } else if (current(form, name).length) {
    setShown(form, name + MISSING, []);
  }
}

/** One key says why a value is missing; the keys mean nothing else in the fields where they are taken. */
function keyed(event) {
  const control = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || !saved(control.form)) return;
  if (control.type === "radio" && (event.key === "Delete" || event.key === "Backspace")) {
    clearRadios(control);
    event.preventDefault();
    return;
  }
  const code = KEYS[event.key];
  const name = control.dataset.name ?? control.name;
  // In a date the stroke separates day, month and year.
  if (event.key === "/" && control.type.startsWith("date")) return;
  if (!code || control.matches(FREE_TEXT) || name.endsWith(MISSING)) return;
  const answer = answerOf(control.form, name, code);
  if (answer) {
    event.preventDefault();
    answer.checked = true;
    answer.dispatchEvent(new Event("change", { bubbles: true }));
    return;
  }
  const [companion] = controls(control.form, name + MISSING);
  if (!companion || ![...companion.options].some((option) => option.value === code)) return;
  event.preventDefault();
  companion.value = code;
  companion.dispatchEvent(new Event("change", { bubbles: true }));
}

/** A reason that is an answer of the field itself, as an unknown sex is. */
function answerOf(form, name, code) {
  return controls(form, name).find((control) => control.type === "radio" && control.value === code);
}

function clearRadios(control) {
  setShown(control.form, control.name, []);
  control.dispatchEvent(new Event("change", { bubbles: true }));
}

/** A second click on the chosen answer takes it back: nothing said. */
let pressedWhileChosen = null;

function pressed(event) {
  const control = event.target.closest?.("label.segment")?.querySelector("input[type=radio]");
  pressedWhileChosen = control?.checked ? control : null;
}

function clicked(event) {
  const control = event.target;
  if (control.matches?.("input[type=radio]") && control === pressedWhileChosen) {
    pressedWhileChosen = null;
    if (saved(control.form)) clearRadios(control);
    return;
  }
  const choice = event.target.closest?.("[data-choose]");
  if (choice) choose(choice);
}

/** Settle a conflict: the stored value becomes what this page starts from, and what is shown is the choice. */
function choose(button) {
  const { name } = button.dataset;
  const notes = document.getElementById(`notes-${name}`);
  const control = document.querySelector(`[name="${CSS.escape(name)}"]`);
  if (!notes || !control) return;
  const theirs = JSON.parse(notes.dataset.theirs ?? "[]");
  const { form } = control;
  setStored(form, name, theirs);
  if (button.dataset.choose === "theirs") setShown(form, name, theirs);
  refusals.delete(name);
  notes.querySelector(".field-clash")?.remove();
  delete notes.dataset.drawn;
  control.focus();
  send(form);
  report(outbox);
}

/* -- leaving ------------------------------------------------------------------------------------------------------ */

/** A link out of the section waits until everything is stored. */
function followed(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const away = new URL(link.href, window.location.href);
  if (link.target || away.origin !== window.location.origin) return;
  if (away.pathname === window.location.pathname && away.hash) return;
  if (!anyDirty() && !outbox.busy) return;
  event.preventDefault();
  Promise.race([sendAll().then(() => outbox.settled()), new Promise((done) => window.setTimeout(done, 4000))]).then(() =>
    window.location.assign(link.href),
  );
}

/** Whether something typed since waits for its older value to arrive. */
function overtaken(form) {
  const travelling = onTheWay.get(form);
  return Boolean(travelling?.size) && dirtyNames(form).some((name) => travelling.has(name) && !same(travelling.get(name), current(form, name)));
}

function leaving(event) {
  if (!anyDirty()) return;
  sendAll({ leaving: true });
  const lost = outbox.offline || outbox.signedOut || refusals.size > 0 || outbox.refused || forms().some(overtaken);
  if (lost) event.preventDefault();
}

/* ----------------------------------------------------------------------------------------------------------------- */

if (desk) {
  document.addEventListener("input", typed);
  document.addEventListener("change", changed);
  document.addEventListener("keydown", keyed);
  document.addEventListener("pointerdown", pressed);
  document.addEventListener("click", clicked);
  document.addEventListener("click", followed);
  document.addEventListener("focusout", () => window.setTimeout(() => { releaseHeld(); report(outbox); }));
  document.addEventListener("submit", (event) => { if (saved(event.target)) event.preventDefault(); });
  watchRows(outbox);
  document.addEventListener("htmx:afterSwap", deliver);
  document.addEventListener("htmx:oobAfterSwap", deliver);
  document.addEventListener("registry:stored", storedElsewhere);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") sendAll({ leaving: true }); });
  window.addEventListener("beforeunload", leaving);
  window.addEventListener("pagehide", () => sendAll({ leaving: true }));
  // A page that comes back from the browser's memory may be old; unsaved text on it stays.
  window.addEventListener("pageshow", (event) => { if (event.persisted && !anyDirty()) window.location.reload(); });
  // What the browser put back into the fields after a reload is text that the server never got.
  sendAll();
  // Where the sections are one line of tabs, the present one is in sight.
  const tabs = document.querySelector(".editor-sections");
  const tab = tabs?.querySelector('[aria-current="page"]');
  if (tab) tabs.scrollLeft += tab.getBoundingClientRect().left - tabs.getBoundingClientRect().left - 24;
  // A link to a field leads the cursor there.
  const target = window.location.hash.startsWith("#field-") && document.getElementById(window.location.hash.slice(1));
  if (target) {
    target.closest("details")?.setAttribute("open", "");
    target.scrollIntoView({ block: "center" });
    target.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }
}
