/** A menu of things to do: arrow keys, Home, End and Enter, or a tap. */

import { el } from "./dom.js";
import { drawing } from "./icons.js";
import { togglePopup } from "./popup.js";

/** Opens a menu at `anchor`; `items` are {label (nodes), icon, run}. */
export function openMenu(anchor, label, items) {
  let close = null;
  const rows = items.map(({ label: words, icon, run }) => el("button.menu-item", { type: "button", role: "menuitem", onclick: () => chosen(run) }, icon && drawing(icon), el("span", {}, words)));
  const list = el("div.menu", { role: "menu", "aria-label": label, onkeydown: (event) => move(event, rows) }, rows);

  function chosen(run) {
    close?.();
    run();
  }

  close = togglePopup(anchor, label, list);
  if (close) rows[0]?.focus({ preventScroll: true });
}

function move(event, rows) {
  const at = rows.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  rows.at(to % rows.length).focus();
}
