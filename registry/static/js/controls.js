/** Controls of a record's form: what they show, and what the server has stored, which their DOM defaults remember. */

export const saved = (form) => form?.dataset?.save !== undefined;

/** The controls of a form that carry one name. */
export function controls(form, name) {
  return [...form.elements].filter((control) => control.name === name);
}

export function current(form, name) {
  return controls(form, name).flatMap((control) => {
    if (control.type === "checkbox" || control.type === "radio") return control.checked ? [control.value] : [];
    return control.value === "" ? [] : [control.value];
  });
}

export function stored(form, name) {
  return controls(form, name).flatMap((control) => {
    if (control.type === "checkbox" || control.type === "radio") return control.defaultChecked ? [control.value] : [];
    if (control.tagName === "SELECT") {
      const chosen = [...control.options].find((option) => option.defaultSelected);
      return chosen && chosen.value !== "" ? [chosen.value] : [];
    }
    return control.defaultValue === "" ? [] : [control.defaultValue];
  });
}

/** Note what the server holds, without touching what is shown. */
export function setStored(form, name, values) {
  for (const control of controls(form, name)) {
    if (control.type === "checkbox" || control.type === "radio") {
      const was = control.checked;
      control.defaultChecked = values.includes(control.value);
      control.checked = was;
    } else if (control.tagName === "SELECT") {
      const was = control.value;
      for (const option of control.options) option.defaultSelected = option.value === (values[0] ?? "");
      control.value = was;
    } else {
      const was = control.value;
      control.defaultValue = values[0] ?? "";
      control.value = was;
    }
  }
}

/** Show a value, as if it had been chosen. */
export function setShown(form, name, values) {
  for (const control of controls(form, name)) {
    if (control.type === "checkbox" || control.type === "radio") control.checked = values.includes(control.value);
    else control.value = values[0] ?? "";
  }
}

export const same = (a, b) => a.length === b.length && [...a].sort().join("\u0000") === [...b].sort().join("\u0000");

export function names(form) {
  return [...new Set([...form.elements].map((control) => control.name).filter(Boolean))];
}

export function prefixOf(form) {
  return form.id.replace(/^rec-/, "") + "-";
}
