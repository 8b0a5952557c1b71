/**
 * A long list that is searched by typing (`select[data-search]`). The list itself stays the control that is read and
 * saved; what is drawn over it is an ARIA combobox.
 */

import { createListbox, fold } from "./listbox.js";

function enhance(select) {
  const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
  const shownText = () => select.selectedOptions[0]?.value ? select.selectedOptions[0].text : "";

  function find(typed) {
    const parts = fold(typed).split(/\s+/).filter(Boolean);
    return [...select.options].filter(
      (option) => option.value && parts.every((part) => fold(`${option.text} ${option.dataset.words ?? ""}`).includes(part)),
    );
  }

  function take(value) {
    if (select.value === value) return;
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  const { wrap, input, show } = createListbox({
    id: `${select.id}_search`,
    label: label?.textContent.trim(),
    placeholder: gettext("Type to search"),
    nothing: gettext("Nothing found. Choose “other” and write it in words."),
    find,
    take,
    rest: shownText,
    left: (typed) => typed || take(""),
  });
  input.dataset.name = select.name;
  if (select.form?.id) input.setAttribute("form", select.form.id);
  const described = select.getAttribute("aria-describedby");
  if (described) input.setAttribute("aria-describedby", described);
  if (label) label.htmlFor = input.id;
  select.before(wrap);
  select.hidden = true;
  select.tabIndex = -1;
  select.addEventListener("change", show);
  select.form?.addEventListener("registry:adopted", show);
  show();
}

function enhanceAll(root) {
  for (const select of root.querySelectorAll?.("select[data-search]") ?? []) {
    if (!select.closest(".field")?.querySelector(".combo")) enhance(select);
  }
}

document.addEventListener("htmx:load", (event) => enhanceAll(event.target));
enhanceAll(document);
