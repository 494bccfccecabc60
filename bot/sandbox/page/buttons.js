/** Block Kit buttons: their look, their confirm dialog, and their rest while a click is under way. */

import { confirmed } from "./confirm.js";
import { el } from "./dom.js";
import { safeUrl } from "./links.js";
import { plain } from "./mrkdwn.js";

const STYLES = new Set(["primary", "danger"]);

/** A button; `kit.press({}, button)` is called once it was clicked and, where the block asks, confirmed. */
export function buttonElement(part, kit) {
  const selector = STYLES.has(part.style) ? `button.kit-button.${part.style}` : "button.kit-button";
  const label = plain(part.text?.text ?? "", part.text?.emoji !== false);
  const attributes = { type: "button", "data-action": part.action_id ?? "", "aria-label": part.accessibility_label ?? null };
  const button = el(selector, { ...attributes, onclick: () => clicked(part, button, kit.press) }, label);
  return button;
}

async function clicked(part, button, press) {
  if (button.getAttribute("aria-disabled") === "true") return;
  if (part.confirm && !(await confirmed(part.confirm))) return;
  if (part.url && safeUrl(part.url)) window.open(part.url, "_blank", "noopener,noreferrer");
  press({}, button);
}

/** While `work` runs, the buttons of the message or view rest and the one that was used says that it is busy. */
export async function whileBusy(button, work) {
  const group = [...(button.closest(".message, .view")?.querySelectorAll(".kit-button") ?? [button])];
  for (const other of group) other.setAttribute("aria-disabled", "true");
  button.setAttribute("aria-busy", "true");
  try {
    return await work();
  } finally {
    for (const other of group) other.removeAttribute("aria-disabled");
    button.removeAttribute("aria-busy");
  }
}
