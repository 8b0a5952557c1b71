/**
 * A long list that is searched by typing (`select[data-search]`). The list itself stays the control that is read and
 * saved; what is drawn over it is an ARIA combobox.
 */

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
let count = 0;

function enhance(select) {
  count += 1;
  const listId = `combo-${count}`;
  const wrap = document.createElement("div");
  wrap.className = "combo";
  const input = document.createElement("input");
  input.type = "text";
  input.className = "form-control";
  input.autocomplete = "off";
  input.spellcheck = false;
  input.id = `${select.id}_search`;
  input.placeholder = gettext("Type to search");
  for (const [name, value] of [
    ["role", "combobox"],
    ["aria-autocomplete", "list"],
    ["aria-expanded", "false"],
    ["aria-controls", listId],
    ["inputmode", "search"],
  ]) input.setAttribute(name, value);
  input.dataset.name = select.name;
  if (select.form?.id) input.setAttribute("form", select.form.id);
  const described = select.getAttribute("aria-describedby");
  if (described) input.setAttribute("aria-describedby", described);
  const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
  if (label) label.htmlFor = input.id;
  const list = document.createElement("ul");
  list.id = listId;
  list.className = "combo-list";
  list.setAttribute("role", "listbox");
  if (label) list.setAttribute("aria-label", label.textContent.trim());
  list.hidden = true;
  select.before(wrap);
  wrap.append(input, list);
  select.hidden = true;
  select.tabIndex = -1;

  let active = -1;
  const shownText = () => select.selectedOptions[0]?.value ? select.selectedOptions[0].text : "";

  function draw(wanted) {
    const parts = fold(wanted).split(/\s+/).filter(Boolean);
    const found = [...select.options].filter(
      (option) => option.value && parts.every((part) => fold(`${option.text} ${option.dataset.words ?? ""}`).includes(part)),
    );
    list.replaceChildren(
      ...found.map((option, at) => {
        const item = document.createElement("li");
        item.id = `${listId}-${at}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.dataset.value = option.value;
        item.textContent = option.text;
        return item;
      }),
    );
    if (!found.length) {
      const none = document.createElement("li");
      none.className = "combo-none";
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      none.setAttribute("aria-selected", "false");
      none.textContent = gettext("Nothing found. Choose “other” and write it in words.");
      list.append(none);
    }
    mark(found.length && parts.length ? 0 : -1);
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
    draw(input.value === shownText() ? "" : input.value);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    list.scrollIntoView({ block: "nearest" });
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function choose(value) {
    if (select.value !== value) {
      select.value = value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
    input.value = shownText();
    close();
  }

  input.addEventListener("input", (event) => {
    event.stopPropagation(); // what is typed here is a search, not a value
    open();
  });
  input.addEventListener("change", (event) => event.stopPropagation());
  input.addEventListener("click", () => list.hidden && open());
  input.addEventListener("blur", () => {
    close();
    if (!input.value.trim()) choose("");
    else input.value = shownText();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open();
      mark(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      const chosen = list.querySelector('[aria-selected="true"]');
      if (chosen) choose(chosen.dataset.value);
    } else if (event.key === "Tab" && !list.hidden) {
      const chosen = list.querySelector('[aria-selected="true"]');
      if (chosen) choose(chosen.dataset.value);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      input.value = shownText();
      close();
    }
  });
  // Before the blur of the input, so that the click is not lost with the list.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const item = event.target.closest("li[data-value]");
    if (item) choose(item.dataset.value);
  });
  select.addEventListener("change", () => { input.value = shownText(); });
  select.form?.addEventListener("registry:adopted", () => { input.value = shownText(); });
  input.value = shownText();
}

function enhanceAll(root) {
  for (const select of root.querySelectorAll?.("select[data-search]") ?? []) {
    if (!select.closest(".field")?.querySelector(".combo")) enhance(select);
  }
}

document.addEventListener("htmx:load", (event) => enhanceAll(event.target));
enhanceAll(document);
