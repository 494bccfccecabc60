/** A list to choose from, one or several, with a search field where there is much to choose from. */

import { el } from "./dom.js";
import { drawing } from "./icons.js";

const MUCH = 8;
let lists = 0;

/**
 * A listbox of `groups` ({label, options}); `isChosen(option)` marks, `pick(option)` takes, `words(option)` draws.
 * Returns the node, `focus` and `refresh`.
 */
export function choiceList({ label, groups, many, isChosen, pick, words }) {
  const id = `choices-${lists++}`;
  const total = groups.reduce((sum, group) => sum + group.options.length, 0);
  const box = el("div.choices", { id, role: "listbox", tabindex: 0, "aria-label": label, "aria-multiselectable": many ? "true" : null });
  const search = total > MUCH && el("input.choices-search", { type: "text", inputmode: "search", placeholder: `Search ${total} choices`, "aria-label": `Search in ${label}`, "aria-controls": id, role: "combobox", "aria-expanded": "true", autocomplete: "off" });
  const node = el("div.choosing", { onkeydown: onKey }, search, box);
  let shown = [];
  let at = -1;

  function draw() {
    const wanted = (search ? search.value : "").trim().toLowerCase();
    shown = [];
    box.replaceChildren(...groups.flatMap((group) => groupNodes(group, wanted)));
    if (!shown.length) box.append(el("p.choices-none", {}, `Nothing here is called “${search.value.trim()}”.`));
    at = Math.max(0, shown.findIndex(({ option }) => isChosen(option)));
    point(false);
  }

  function groupNodes(group, wanted) {
    const fitting = group.options.filter((option) => textOf(option).toLowerCase().includes(wanted));
    if (!fitting.length) return [];
    const rows = fitting.map(row);
    return group.label ? [el("div", { role: "group", "aria-label": group.label }, el("p.choices-group", { "aria-hidden": "true" }, group.label), rows)] : rows;
  }

  function row(option) {
    const index = shown.length;
    const chosen = isChosen(option);
    const about = option.description?.text;
    const made = el(`div.choice${many ? ".many" : ""}`, { id: `${id}-${index}`, role: "option", "aria-selected": String(chosen), onclick: () => take(index) },
      el("span.choice-mark", { "aria-hidden": "true" }, chosen && drawing("check")),
      el("span.choice-words", {}, words(option), about && el("span.choice-about", {}, about)));
    shown.push({ option, row: made });
    return made;
  }

  function take(index) {
    const { option } = shown[index] ?? {};
    if (!option) return;
    pick(option);
    refresh(index);
  }

  function refresh(index = at) {
    shown.forEach(({ option, row: made }) => {
      made.setAttribute("aria-selected", String(isChosen(option)));
      made.firstChild.replaceChildren(...(isChosen(option) ? [drawing("check")] : []));
    });
    at = index;
    point(true);
  }

  function point(scroll) {
    shown.forEach(({ row: made }, index) => made.classList.toggle("pointed", index === at));
    const current = shown[at]?.row;
    for (const holder of [box, search]) if (holder) holder.setAttribute("aria-activedescendant", current?.id ?? "");
    if (current && (scroll || at > 0)) current.scrollIntoView({ block: "nearest" });
  }

  function onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const takes = event.key === "Enter" || (event.key === " " && event.target !== search);
    if (!step && !takes) return;
    event.preventDefault();
    event.stopPropagation();
    if (takes) take(at);
    else if (shown.length) refresh((at + step + shown.length) % shown.length);
  }

  function focus() {
    const typing = search && window.matchMedia("(hover: hover)").matches;
    (typing ? search : box).focus({ preventScroll: true });
    point(false);
  }

  if (search) search.addEventListener("input", draw);
  draw();
  return { node, focus, refresh };
}

function textOf(option) {
  return option.text?.text ?? option.value ?? "";
}
