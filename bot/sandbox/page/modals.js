/** The modals of a person: the topmost of the stack in one dialog, which is a sheet on a phone. */

import { whileBusy } from "./buttons.js";
import { el } from "./dom.js";
import { FormState, incomplete } from "./form_state.js";
import { drawing } from "./icons.js";
import { plain } from "./mrkdwn.js";
import { drawView } from "./view_body.js";

const TROUBLE = "The bot did not answer within Slack's three seconds. What you filled in is still here: try again.";
const FIELDS = "input, textarea, .kit-select, .field-files .kit-button";

/**
 * Returns `render(views)`. `submit(view, values)` resolves to the bot's answer, `close(view)` tells that the person
 * closed it, `press(view, element, block, control, extra, values)` that an element was used, and resolves to whether the bot took it.
 */
export function createModals({ submit, close, press, upload }) {
  const forms = new Map();
  const title = el("h2.modal-title", { id: "modal-title" });
  const body = el("div.modal-body");
  const trouble = el("p.modal-trouble", { role: "alert" });
  const send = el("button.kit-button.primary", { type: "submit" });
  const away = el("button.kit-button", { type: "button", onclick: dismiss });
  const form = el("form.view", { novalidate: true },
    el("header.modal-head", {}, title, el("button.icon-button", { type: "button", "aria-label": "Close the dialog", onclick: dismiss }, drawing("close"))),
    body, trouble, el("footer.modal-foot", {}, away, send));
  const dialog = el("dialog.modal", { "aria-labelledby": "modal-title", tabindex: -1 }, form);
  let top = null;
  let errors = {};

  document.body.append(dialog);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    trySubmit();
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    dismiss();
  });
  dialog.addEventListener("close", () => top && dismiss());

  function render(views) {
    forget(views);
    const next = views.at(-1) ?? null;
    if (next?.id !== top?.id) errors = {};
    const fresh = next && next.id !== top?.id;
    top = next;
    if (next) show(next, fresh);
    else if (dialog.open) dialog.close();
  }

  function show(view, fresh) {
    if (fresh) {
      body.replaceChildren();
      trouble.replaceChildren();
    }
    draw();
    if (!dialog.open) dialog.showModal();
    if (fresh || !form.contains(document.activeElement)) focusFirst();
  }

  function draw() {
    title.replaceChildren(...plain(top.title?.text ?? ""));
    away.replaceChildren(top.close?.text ?? "Close");
    send.replaceChildren(top.submit?.text ?? "Submit");
    send.hidden = !top.submit && !(top.blocks ?? []).some((block) => block.type === "input");
    const view = top;
    drawView(body, view, { form: formOf(view), errors, upload, press: (...used) => use(view, used) });
  }

  async function use(view, used) {
    const taken = await press(view, ...used, formOf(view).values(view.blocks));
    trouble.replaceChildren(taken ? "" : "The bot did not take that. Try again.");
  }

  function formOf(view) {
    if (!forms.has(view.id)) forms.set(view.id, new FormState());
    return forms.get(view.id);
  }

  function forget(views) {
    const open = new Set(views.map(({ id }) => id));
    for (const id of [...forms.keys()]) if (!open.has(id)) forms.delete(id);
  }

  /** A keyboard goes to the first field; on a phone it would cover half the sheet. */
  function focusFirst() {
    const first = window.matchMedia("(hover: hover)").matches ? body.querySelector(FIELDS) : null;
    (first ?? dialog).focus();
  }

  async function trySubmit() {
    if (send.hidden || send.getAttribute("aria-disabled") === "true") return;
    const view = top;
    const held = formOf(view);
    complain(incomplete(view.blocks ?? [], held));
    if (Object.keys(errors).length) return;
    const answer = await whileBusy(send, () => submit(view, held.values(view.blocks ?? []))).catch(() => null);
    if (view.id !== top?.id) return;
    trouble.replaceChildren(["acked", "incomplete"].includes(answer?.outcome) ? "" : TROUBLE);
    complain(answer?.errors ?? {});
  }

  function complain(found) {
    errors = found;
    draw();
    body.querySelector(".invalid :is(input, textarea, button)")?.focus();
  }

  function dismiss() {
    if (top) close(top);
  }

  return { render };
}
