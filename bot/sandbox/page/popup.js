/**
 * A box that floats at a control: a menu, a list of choices. A choice, Escape or a click elsewhere closes it, and the
 * focus goes back; on a phone it is a sheet at the bottom.
 */

import { el } from "./dom.js";

const GAP = 4;
const EDGE = 8;
const narrow = window.matchMedia("(max-width: 760px)");
const open = new WeakMap();

/** Shows `content` at `anchor`, or hides it where it was shown; returns what closes it, or null. */
export function togglePopup(anchor, label, content) {
  const shown = open.get(anchor);
  if (shown) {
    shown.hidePopover();
    return null;
  }
  const box = el("div.popup", { popover: "auto", "aria-label": label }, content);
  (anchor.closest("dialog") ?? document.body).append(box);
  box.addEventListener("toggle", (event) => event.newState === "closed" && closed(anchor, box));
  box.showPopover({ source: anchor });
  open.set(anchor, box);
  anchor.setAttribute("aria-expanded", "true");
  if (!narrow.matches) place(box, anchor.getBoundingClientRect());
  return () => box.hidePopover();
}

function closed(anchor, box) {
  const focused = box.contains(document.activeElement) || document.activeElement === document.body;
  open.delete(anchor);
  anchor.setAttribute("aria-expanded", "false");
  box.remove();
  if (focused && anchor.isConnected) anchor.focus({ preventScroll: true });
}

/** Below the control where there is room, above it otherwise, and never over the edge. */
function place(box, at) {
  box.style.minWidth = `${Math.min(Math.max(at.width, 200), innerWidth - 2 * EDGE)}px`;
  const { width, height } = box.getBoundingClientRect();
  const below = at.bottom + GAP + height <= innerHeight - EDGE;
  const top = below ? at.bottom + GAP : Math.max(EDGE, at.top - GAP - height);
  box.style.left = `${Math.max(EDGE, Math.min(at.left, innerWidth - width - EDGE))}px`;
  box.style.top = `${Math.min(top, innerHeight - height - EDGE)}px`;
}
