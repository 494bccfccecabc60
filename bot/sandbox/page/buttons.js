/** Block Kit buttons: their look, their confirm dialog, and their rest while a click is under way. */

import { el } from "./dom.js";
import { safeUrl } from "./links.js";
import { mrkdwn, plain } from "./mrkdwn.js";

const STYLES = new Set(["primary", "danger"]);

/** A button; `press(button)` is called once it was clicked and, where the block asks, confirmed. */
export function buttonElement(part, press) {
  const selector = STYLES.has(part.style) ? `button.kit-button.${part.style}` : "button.kit-button";
  const label = plain(part.text?.text ?? "", part.text?.emoji !== false);
  const attributes = { type: "button", "data-action": part.action_id ?? "", "aria-label": part.accessibility_label ?? null };
  const button = el(selector, { ...attributes, onclick: () => clicked(part, button, press) }, label);
  return button;
}

async function clicked(part, button, press) {
  if (button.getAttribute("aria-disabled") === "true") return;
  if (part.confirm && !(await confirmed(part.confirm))) return;
  if (part.url && safeUrl(part.url)) window.open(part.url, "_blank", "noopener,noreferrer");
  press(button);
}

/** While `work` runs, the message's buttons rest and the clicked one says that it is busy. */
export async function whileBusy(button, work) {
  const group = [...(button.closest(".message")?.querySelectorAll(".kit-button") ?? [button])];
  for (const other of group) other.setAttribute("aria-disabled", "true");
  button.setAttribute("aria-busy", "true");
  try {
    return await work();
  } finally {
    for (const other of group) other.removeAttribute("aria-disabled");
    button.removeAttribute("aria-busy");
  }
}

/** Asks the question of a `confirm` object; true when the person agreed. */
function confirmed(confirm) {
  return new Promise((resolve) => {
    const dialog = confirmDialog(confirm);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function confirmDialog(confirm) {
  const style = confirm.style === "danger" ? "danger" : "primary";
  const dialog = el("dialog.confirm", { "aria-labelledby": "confirm-title" },
    el("h2", { id: "confirm-title" }, confirm.title?.text ?? "Are you sure?"),
    el("div.confirm-text", {}, confirm.text?.type === "mrkdwn" ? mrkdwn(confirm.text.text) : confirm.text?.text),
    el("div.confirm-buttons", {},
      el("button.kit-button", { type: "button", onclick: () => dialog.close("no") }, confirm.deny?.text ?? "Cancel"),
      el(`button.kit-button.${style}`, { type: "button", onclick: () => dialog.close("yes") }, confirm.confirm?.text ?? "Yes")));
  return dialog;
}
