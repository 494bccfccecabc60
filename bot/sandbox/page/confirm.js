/** The question of a `confirm` object, asked before a click or a choice counts. */

import { el } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";

/** Asks; true when the person agreed. */
export function confirmed(confirm) {
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
