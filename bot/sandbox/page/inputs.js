/** The elements a person fills in: text, ticks, one of a few, and files. */

import { createAttachments } from "./attachments.js";
import { el } from "./dom.js";
import { textOf } from "./text.js";

/** A line of text, or several; dispatched on Enter where the block asks for it. */
export function textElement(part, kit) {
  const many = part.multiline === true;
  const field = el(many ? "textarea.field-text" : "input.field-text", {
    id: kit.id, type: many ? null : "text", rows: many ? 4 : null, placeholder: part.placeholder?.text, maxlength: part.max_length,
    "data-action": part.action_id, "aria-describedby": kit.describedBy, autocomplete: "off", autocapitalize: "none", spellcheck: "false",
  });
  field.value = kit.state().value ?? "";
  field.addEventListener("input", () => kit.keep({ value: field.value || null }));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing && !many && kit.dispatches) kit.press({ value: field.value }, field);
  });
  return field;
}

export function checkboxesElement(part, kit) {
  const chosen = () => kit.state().selected_options;
  return ticks(part, kit, "checkbox", "group", (option) => chosen().some(({ value }) => value === option.value), (option, input) => {
    const kept = chosen().filter(({ value }) => value !== option.value);
    kit.change({ selected_options: input.checked ? [...kept, option] : kept }, input);
  });
}

export function radioElement(part, kit) {
  const chosen = (option) => kit.state().selected_option?.value === option.value;
  return ticks(part, kit, "radio", "radiogroup", chosen, (option, input) => kit.change({ selected_option: option }, input));
}

let groups = 0;

function ticks(part, kit, type, role, isChosen, pick) {
  const name = `ticks-${groups++}`;
  const named = kit.id ? { "aria-labelledby": `${kit.id}-label`, "aria-describedby": kit.describedBy } : { "aria-label": part.action_id };
  return el("div.ticks", { role, ...named }, (part.options ?? []).map((option) => {
    const input = el("input", { type, name, value: option.value, checked: isChosen(option), "data-action": part.action_id, onchange: () => pick(option, input) });
    return el("label.tick", {}, input, el("span.tick-words", {}, textOf(option.text), option.description && el("span.choice-about", {}, textOf(option.description))));
  }));
}

/** Files of a modal: brought to Slack at once, handed over with the form. */
export function filesElement(part, kit) {
  const list = el("div.attached", { hidden: true });
  const accept = (part.filetypes ?? []).map((kind) => `.${kind}`).join(",") || null;
  const most = part.max_files ?? 10;
  const attachments = createAttachments(list, { upload: kit.upload, most, changed: (files) => kit.keep({ files }) });
  const button = el("button.kit-button", { type: "button", id: kit.id, "data-action": part.action_id, "aria-labelledby": kit.id && `${kit.id}-label ${kit.id}`, "aria-describedby": kit.describedBy, onclick: () => attachments.choose(accept) }, most > 1 ? "Add files" : "Choose a file");
  attachments.show(kit.state().files);
  return el("div.field-files", {}, list, button);
}
