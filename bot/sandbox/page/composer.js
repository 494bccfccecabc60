/** The message box: Enter sends, Up recalls, and what is no command is answered with a kind word. */

import { hintFor } from "./commands.js";
import { createCompletion } from "./completion.js";
import { el } from "./dom.js";
import { drawing } from "./icons.js";
import { nameOf } from "./people.js";

const TALLEST = 160;

/** Draws into `form`; `send(text)` is called with a whole /aws command. */
export function createComposer({ form, hint, completion: box }, { send }) {
  const history = [];
  let recalled = 0;
  let draft = "";
  const field = textField();
  const button = el("button.send", { type: "submit", "aria-label": "Send" }, drawing("send"));
  const completion = createCompletion(box, field, (text) => write(text, true));
  form.append(el("label.unseen", { for: "composer-text" }, "Command"), field, button);

  field.addEventListener("input", () => changed(true));
  field.addEventListener("keydown", onKey);
  field.addEventListener("blur", () => completion.close());
  field.addEventListener("focus", () => field.value && completion.update());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(field.value);
  });

  function onKey(event) {
    if (event.isComposing) return;
    if (completion.key(event)) event.preventDefault();
    else if (event.key === "Enter" && !event.shiftKey) stop(event, () => submit(field.value));
    else if (event.key === "ArrowUp" && recallable()) stop(event, () => recall(-1));
    else if (event.key === "ArrowDown" && recalled < history.length) stop(event, () => recall(1));
  }

  function recallable() {
    return history.length > 0 && (!field.value || field.value === history[recalled] || field.selectionStart === 0);
  }

  function recall(step) {
    if (recalled === history.length) draft = field.value;
    recalled = Math.min(Math.max(recalled + step, 0), history.length);
    write(history[recalled] ?? draft, false);
  }

  function submit(text) {
    const words = text.trim();
    if (!words) return;
    const problem = hintFor(words);
    if (problem) {
      completion.close();
      showHint(problem);
      return;
    }
    if (history.at(-1) !== words) history.push(words);
    recalled = history.length;
    write("", false);
    send(words);
  }

  function write(text, offer) {
    field.value = text;
    field.focus();
    field.setSelectionRange(text.length, text.length);
    changed(offer);
  }

  function changed(offer) {
    hint.replaceChildren();
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, TALLEST)}px`;
    form.classList.toggle("ready", field.value.trim() !== "");
    if (offer) completion.update();
    else completion.close();
  }

  function showHint({ sentence, meant }) {
    const offer = meant && el("button.hint-button", { type: "button", onclick: () => submit(meant) }, `Send ${meant}`);
    hint.replaceChildren(el("span", {}, sentence), ...(offer ? [offer] : []));
  }

  function render(workspace) {
    const channel = workspace.here();
    const where = channel?.is_im ? workspace.title(channel) : `#${workspace.title(channel)}`;
    field.placeholder = `Type / in ${where} as ${nameOf(workspace.me(), workspace.acting)}`;
  }

  return { render, focus: () => field.focus() };
}

function stop(event, then) {
  event.preventDefault();
  then();
}

function textField() {
  return el("textarea", {
    id: "composer-text", rows: 1, spellcheck: "false", autocapitalize: "none", autocorrect: "off", enterkeyhint: "send",
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "completion", "aria-haspopup": "listbox",
  });
}
