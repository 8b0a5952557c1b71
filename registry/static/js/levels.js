/**
 * Levels are boxes; a text field above them finds boxes by what is typed: “l3”, “L3 L4”, “L2–L4”, “sacr”, “LWK 3”.
 * Enter marks what was found, or takes the mark back where all of it is marked. The boxes are what is read and saved.
 */

import { createListbox, fold } from "./listbox.js";

const SPINE = "CTLS";
/** What levels are called besides their codes, in English and in German; searched by, never shown. */
const LETTERS = { C: ["hwk", "hw", "cv"], T: ["th", "bwk", "bw", "tv"], L: ["lwk", "lw", "lv"], S: ["swk", "sw", "sv"] };
const WORDS = {
  sacrum: ["sacrum", "sacral", "kreuzbein", "sakrum", "sakral"],
  pelvis: ["pelvis", "pelvic", "ilium", "iliac", "becken"],
  coccyx: ["coccyx", "coccygeal", "tailbone", "steissbein"],
};
const AND = ["and", "und"];
/** A vertebra, a stretch from one to another, or a word. A number alone has the letter of the one before: L3/4. */
const NAMED = /([a-z]*)\s*(\d+)(?:\s*(?:[-–—]|to|bis)\s*([a-z]*)\s*(\d+))?|[a-z]+/g;

/** One box with all that it is found by. */
function known(box) {
  const [, letter, number] = /^([CTLS])(\d+)$/.exec(box.value) ?? [];
  const label = box.parentElement.textContent.trim();
  const group = box.closest(".levels-group").querySelector(".levels-name").textContent.trim();
  const names = [fold(label), ...(letter ? LETTERS[letter].map((before) => before + number) : WORDS[box.value])];
  const words = [...names, number ?? "", fold(group)];
  return { box, label, names, words, place: letter ? SPINE.indexOf(letter) * 100 + Number(number) : null };
}

/** Levels whose words begin with each part of what is typed; whose own name does, first. */
function narrowed(levels, typed) {
  const parts = fold(typed).split(/\s+/).filter(Boolean);
  const rank = ({ names }) => (names.includes(parts[0]) ? 0 : names.some((name) => name.startsWith(parts[0])) ? 1 : 2);
  const found = levels.filter(({ words }) => parts.every((part) => words.some((word) => word.startsWith(part))));
  return parts.length ? found.sort((a, b) => rank(a) - rank(b)) : found;
}

/** The levels that are called by their names; none where one of the names is not known. */
function named(levels, typed) {
  const found = new Set();
  const called = (name) => levels.find(({ names }) => names.includes(name));
  let letters = "";
  for (const [word, before, from, beforeEnd, to] of fold(typed).matchAll(NAMED)) {
    if (AND.includes(word)) continue;
    if (from === undefined) {
      const [best] = word.length > 2 ? narrowed(levels, word) : [];
      if (!best) return [];
      found.add(best);
      continue;
    }
    letters = before || letters;
    const start = called(letters + from);
    const end = to === undefined ? start : called((beforeEnd || letters) + to);
    if (!start || !end) return [];
    letters = beforeEnd || letters;
    const [low, high] = [start.place, end.place].sort((a, b) => a - b);
    for (const level of levels) if (level.place !== null && level.place >= low && level.place <= high) found.add(level);
  }
  return [...found].sort((a, b) => (a.place ?? Infinity) - (b.place ?? Infinity));
}

function enhance(fieldset) {
  const levels = [...fieldset.querySelectorAll(".level > input")].map(known);
  const [first] = levels;
  const legend = fieldset.querySelector("legend");
  const listed = (some) => some.map(({ label }) => label).join(", ");
  const allMarked = (some) => some.every(({ box }) => box.checked);

  function find(typed) {
    const together = named(levels, typed);
    const offers = narrowed(levels, typed).map((level) => [level]);
    if (together.length > 1 || (together.length && !offers.some(([level]) => level === together[0]))) offers.unshift(together);
    return offers.map((some) => ({
      value: some.map(({ box }) => box.value).join(" "),
      text: allMarked(some) ? interpolate(gettext("%(levels)s, marked"), { levels: listed(some) }, true) : listed(some),
    }));
  }

  function take(value, key) {
    const values = value.split(" ");
    const some = levels.filter(({ box }) => values.includes(box.value));
    // Going on with Tab takes nothing back.
    const on = key === "Tab" || !allMarked(some);
    const turned = some.filter(({ box }) => box.checked !== on);
    for (const { box } of turned) {
      box.checked = on;
      box.closest("details")?.setAttribute("open", "");
    }
    turned[0]?.box.dispatchEvent(new Event("change", { bubbles: true }));
    const words = on ? gettext("%(levels)s marked.") : gettext("%(levels)s no longer marked.");
    say(interpolate(words, { levels: listed(some) }, true));
  }

  const { wrap, input, say } = createListbox({
    id: `${fieldset.closest("[id]").id}_search`,
    label: legend.textContent.trim(),
    placeholder: gettext("Type: L3, L2–L4, sacrum"),
    nothing: gettext("No such level."),
    opens: false,
    find,
    take,
    rest: () => "",
  });
  input.setAttribute("aria-label", interpolate(gettext("Search %(field)s"), { field: legend.textContent.trim() }, true));
  input.dataset.name = first.box.name;
  const form = first.box.getAttribute("form");
  if (form) input.setAttribute("form", form);
  // A stroke between two levels is no answer; in the empty field a key says why there is none.
  input.addEventListener("keydown", (event) => { if (input.value) event.stopPropagation(); });
  legend.after(wrap);
}

function enhanceAll(root) {
  for (const fieldset of root.querySelectorAll?.("fieldset.levels") ?? []) {
    if (!fieldset.querySelector(".combo")) enhance(fieldset);
  }
}

document.addEventListener("htmx:load", (event) => enhanceAll(event.target));
enhanceAll(document);
