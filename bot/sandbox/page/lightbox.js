/** A picture as large as the window takes it; Escape or a click closes it. */

import { el } from "./dom.js";
import { drawing } from "./icons.js";

export function showPicture(source, words) {
  const dialog = el("dialog.lightbox", { "aria-label": words },
    el("button.icon-button.lightbox-close", { type: "button", "aria-label": "Close the picture", onclick: () => dialog.close() }, drawing("close")),
    el("img", { src: source, alt: words, onclick: () => dialog.close() }));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}
