/**
 * A text field that searches a list (an ARIA combobox). What is typed narrows the list, arrows move in it, Enter takes
 * what is marked, Escape leaves it; what taking means is the caller's.
 */

export const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("ß", "ss");

let count = 0;

/**
 * Build the field.
 *
 * `find(typed)` answers with what is offered: `{ value, text }` each. `take(value, key)` is told what was chosen, and
 * by which key, if by one. `rest()` is the text of the field while nobody types, `left(typed)` is told what stood there
 * when the cursor left. `nothing` is said where nothing is found. `opens` is whether a click opens the list.
 * Answers with the field (`input`) in its wrapper (`wrap`), `show()` for the resting text, and `say(text)` for screen
 * readers.
 */
export function createListbox({ id, label, placeholder, nothing, opens = true, find, take, rest, left }) {
  count += 1;
  const listId = `combo-${count}`;
  const wrap = document.createElement("div");
  wrap.className = "combo";
  const input = document.createElement("input");
  input.type = "text";
  input.className = "form-control";
  input.autocomplete = "off";
  input.spellcheck = false;
  input.id = id;
  input.placeholder = placeholder;
  for (const [name, value] of [
    ["role", "combobox"],
    ["aria-autocomplete", "list"],
    ["aria-expanded", "false"],
    ["aria-controls", listId],
    ["inputmode", "search"],
  ]) input.setAttribute(name, value);
  const list = document.createElement("ul");
  list.id = listId;
  list.className = "combo-list";
  list.setAttribute("role", "listbox");
  if (label) list.setAttribute("aria-label", label);
  list.hidden = true;
  const said = document.createElement("span");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  wrap.append(input, list, said);

  let active = -1;

  function say(text) {
    said.textContent = text;
  }

  function draw(typed) {
    const found = find(typed);
    list.replaceChildren(
      ...found.map(({ value, text }, at) => {
        const item = document.createElement("li");
        item.id = `${listId}-${at}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.dataset.value = value;
        item.textContent = text;
        return item;
      }),
    );
    if (!found.length) {
      const none = document.createElement("li");
      none.className = "combo-none";
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      none.setAttribute("aria-selected", "false");
      none.textContent = nothing;
      list.append(none);
    }
    say(found.length ? "" : nothing);
    mark(found.length && typed.trim() ? 0 : -1);
  }

  function mark(at) {
    const items = [...list.querySelectorAll("li[data-value]")];
    active = items.length ? Math.max(-1, Math.min(at, items.length - 1)) : -1;
    items.forEach((item, index) => item.setAttribute("aria-selected", String(index === active)));
    if (active >= 0) {
      input.setAttribute("aria-activedescendant", items[active].id);
      items[active].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function open() {
    draw(input.value === rest() ? "" : input.value);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    list.scrollIntoView({ block: "nearest" });
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function show() {
    input.value = rest();
  }

  function choose(value, key) {
    take(value, key);
    show();
    close();
  }

  input.addEventListener("input", (event) => {
    event.stopPropagation(); // what is typed here is a search, not a value
    if (!opens && !input.value.trim()) close();
    else open();
  });
  input.addEventListener("change", (event) => event.stopPropagation());
  input.addEventListener("click", () => opens && list.hidden && open());
  input.addEventListener("blur", () => {
    close();
    left?.(input.value.trim());
    show();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open();
      mark(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if ((event.key === "Enter" || event.key === "Tab") && !list.hidden) {
      if (event.key === "Enter") event.preventDefault();
      const chosen = list.querySelector('[aria-selected="true"]');
      if (chosen) choose(chosen.dataset.value, event.key);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show();
      close();
    }
  });
  // Before the blur of the input, so that the click is not lost with the list.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const item = event.target.closest("li[data-value]");
    if (item) choose(item.dataset.value, "");
  });
  return { wrap, input, show, say };
}
