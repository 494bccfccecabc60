/** Menus of Block Kit: one of many (static_select), several (multi_static_select), and what is left over (overflow). */

import { choiceList } from "./choices.js";
import { confirmed } from "./confirm.js";
import { el } from "./dom.js";
import { drawing } from "./icons.js";
import { safeUrl } from "./links.js";
import { openMenu } from "./menu.js";
import { plain } from "./mrkdwn.js";
import { togglePopup } from "./popup.js";
import { textOf } from "./text.js";

/** One choice; the button bears it once it is made. */
export function selectElement(part, kit) {
  const shown = el("span.kit-select-words", { id: kit.id && `${kit.id}-value` });
  const button = opener(".kit-select", part, kit, shown);
  button.addEventListener("click", open);
  write();

  function open() {
    let close = null;
    const list = choiceList({ label: labelOf(part, kit), groups: groupsOf(part), many: false, isChosen, words: (option) => textOf(option.text), pick: (option) => { close?.(); pick(option); } });
    close = togglePopup(button, labelOf(part, kit), list.node);
    if (close) list.focus();
  }

  function isChosen(option) {
    return kit.state().selected_option?.value === option.value;
  }

  async function pick(option) {
    if (part.confirm && !(await confirmed(part.confirm))) return;
    kit.change({ selected_option: option }, button);
    write();
  }

  function write() {
    const chosen = kit.state().selected_option;
    button.classList.toggle("empty", !chosen);
    shown.replaceChildren(...(chosen ? textOf(chosen.text) : plain(part.placeholder?.text ?? "Choose one")));
  }

  return button;
}

/** Several choices, each a chip that can be taken away. */
export function multiSelectElement(part, kit) {
  const chips = el("div.picked", { role: "list", "aria-label": "Chosen" });
  const button = opener(".kit-select.empty", part, kit, el("span.kit-select-words", { id: kit.id && `${kit.id}-value` }, plain(part.placeholder?.text ?? "Choose some")));
  button.addEventListener("click", open);
  write();

  function chosen() {
    return kit.state().selected_options;
  }

  function open() {
    const list = choiceList({ label: labelOf(part, kit), groups: groupsOf(part), many: true, isChosen, words: (option) => textOf(option.text), pick: toggle });
    if (togglePopup(button, labelOf(part, kit), list.node)) list.focus();
  }

  function isChosen(option) {
    return chosen().some(({ value }) => value === option.value);
  }

  function toggle(option) {
    const kept = chosen().filter(({ value }) => value !== option.value);
    if (kept.length === chosen().length && kept.length >= (part.max_selected_items ?? Infinity)) return;
    kit.change({ selected_options: kept.length === chosen().length ? [...kept, option] : kept }, button);
    write();
  }

  function write() {
    chips.hidden = chosen().length === 0;
    chips.replaceChildren(...chosen().map((option) => chip(option, () => { toggle(option); button.focus(); })));
  }

  return el("div.multi", {}, chips, button);
}

function chip(option, remove) {
  const words = option.text?.text ?? option.value;
  return el("span.picked-one", { role: "listitem" }, el("span", {}, textOf(option.text)),
    el("button.picked-remove", { type: "button", "aria-label": `Remove ${words}`, onclick: remove }, drawing("close")));
}

/** The menu behind "…". */
export function overflowElement(part, kit) {
  const button = el("button.kit-button.overflow", { type: "button", "data-action": part.action_id ?? "", "aria-label": "More actions", "aria-haspopup": "menu", "aria-expanded": "false" }, drawing("more"));
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") !== "true") openMenu(button, "More actions", (part.options ?? []).map((option) => ({ label: plain(option.text?.text ?? ""), run: () => pick(option) })));
  });

  async function pick(option) {
    if (part.confirm && !(await confirmed(part.confirm))) return;
    if (option.url && safeUrl(option.url)) window.open(option.url, "_blank", "noopener,noreferrer");
    kit.press({ selected_option: option }, button);
  }

  return button;
}

function opener(selector, part, kit, words) {
  const named = kit.id ? { id: kit.id, "aria-labelledby": `${kit.id}-label ${kit.id}-value`, "aria-describedby": kit.describedBy } : {};
  return el(`button.kit-button${selector}`, { type: "button", "data-action": part.action_id ?? "", "aria-haspopup": "listbox", "aria-expanded": "false", ...named }, words, drawing("chevron"));
}

function labelOf(part, kit) {
  return kit.label ?? part.placeholder?.text ?? "Choices";
}

function groupsOf(part) {
  const groups = part.option_groups ?? [{ options: part.options ?? [] }];
  return groups.map((group) => ({ label: group.label?.text ?? "", options: group.options ?? [] }));
}
