/** What stands in a form now, by name: lists of strings, as the server reads them. */
export function answersIn(form) {
  const answers = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled || field.type === "file" || field.type === "submit" || field.type === "button") continue;
    const values = (answers[field.name] ??= []);
    if (field.type === "checkbox" || field.type === "radio") {
      if (field.checked) values.push(field.value);
    } else values.push(field.value);
  }
  return answers;
}

/** Put values into the fields of one name; `hint` events let other scripts follow. */
export function put(form, name, values) {
  const fields = [...form.elements].filter((field) => field.name === name);
  fields.forEach((field, place) => {
    if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
    else field.value = values[place] ?? "";
  });
  fields[0]?.dispatchEvent(new CustomEvent("put", { bubbles: true }));
}
