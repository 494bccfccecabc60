/** The small list over a composer: by arrow keys, Tab and Enter, or by touch. */

import { el } from "./dom.js";
import { complete } from "./suggest.js";

/** Draws into `box` for `field`; `choose(text)` takes the completed text, `known()` is what `complete` must know. */
export function createCompletion(box, field, choose, known) {
  const id = `${field.id}-options`;
  let items = [];
  let picked = -1;

  function update() {
    const found = complete(field.value, known());
    items = found.items;
    picked = items.length && !found.runnable ? 0 : -1;
    draw(found.usage);
  }

  function draw(usage) {
    box.replaceChildren(...(items.length ? [listbox()] : []), ...(usage ? [usageLine(usage)] : []));
    box.hidden = !items.length && !usage;
    field.setAttribute("aria-expanded", String(items.length > 0));
    point();
  }

  function listbox() {
    return el("ul.options", { id, role: "listbox", "aria-label": "Suggestions" }, items.map(option));
  }

  function option(item, index) {
    const take = { onpointerdown: (event) => event.preventDefault(), onclick: () => pick(index) };
    return el("li.option", { id: `${id}-${index}`, role: "option", ...take },
      el("span.option-name", {}, item.label), el("span.option-usage", {}, item.usage), el("span.option-about", {}, item.about));
  }

  function point() {
    [...box.querySelectorAll(".option")].forEach((node, index) => node.setAttribute("aria-selected", String(index === picked)));
    if (picked < 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", `${id}-${picked}`);
    box.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }

  function pick(index) {
    choose(items[index].insert);
  }

  function close() {
    items = [];
    picked = -1;
    draw(null);
  }

  /** True when the key was for the list. */
  function key(event) {
    if (!items.length) return event.key === "Escape" && !box.hidden && (close(), true);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) move(step);
    else if (event.key === "Escape") close();
    else if (event.key === "Tab" && !event.shiftKey) pick(Math.max(picked, 0));
    else if (event.key === "Enter" && !event.shiftKey && picked >= 0) pick(picked);
    else return false;
    return true;
  }

  function move(step) {
    picked = picked < 0 && step < 0 ? items.length - 1 : (picked + step + items.length) % items.length;
    point();
  }

  return { update, close, key };
}

function usageLine({ line, about }) {
  return el("p.usage", {}, el("code", {}, line), el("span", {}, about));
}
