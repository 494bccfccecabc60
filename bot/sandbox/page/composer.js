/** The message box: Enter sends, Up recalls, files ride along, and what cannot be sent is answered with a kind word. */

import { createAttachments } from "./attachments.js";
import { createCompletion } from "./completion.js";
import { el } from "./dom.js";
import { drawing } from "./icons.js";
import { nameOf } from "./people.js";
import { intentOf } from "./sending.js";

const TALLEST = 160;

/**
 * Draws into `dock`. `run(line)` takes a whole /aws command, `post(text, files)` a message and resolves to
 * what is wrong with it, `upload(file)` a file that
 * was chosen; `workspace` says whom one can mention here. With `inThread` there are no slash commands.
 */
export function createComposer(dock, { id, label, workspace, run, post, upload, inThread = false }) {
  const history = [];
  let recalled = 0;
  let draft = "";
  const box = el("div.completion", { hidden: true });
  const hint = el("div.hint", { role: "status" });
  const field = textField(id);
  const attached = el("div.attached", { hidden: true });
  const attachments = createAttachments(attached, { upload, changed, complain: (sentence) => say(sentence) });
  const form = el("form.composer", { autocomplete: "off" }, attached,
    el("div.composer-row", {},
      el("button.icon-button.attach", { type: "button", "aria-label": "Attach a file", title: "Attach a file", onclick: () => attachments.choose() }, drawing("clip")),
      el("label.unseen", { for: field.id }, label), field,
      el("button.send", { type: "submit", "aria-label": `Send ${label.toLowerCase()}` }, drawing("send"))));
  const completion = createCompletion(box, field, (text) => write(text, true), () => ({ names: names(), inThread }));
  dock.append(box, hint, form);

  field.addEventListener("input", () => typed(true));
  field.addEventListener("keydown", onKey);
  field.addEventListener("blur", () => completion.close());
  field.addEventListener("focus", () => field.value && completion.update());
  field.addEventListener("paste", (event) => carried(event, event.clipboardData));
  form.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  form.addEventListener("drop", (event) => carried(event, event.dataTransfer));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(field.value);
  });

  function names() {
    return workspace.mentionable().map((user) => ({ name: user.name, about: user.is_bot ? "the bot" : (user.real_name ?? "") }));
  }

  function carried(event, data) {
    if (!data?.files.length) return;
    event.preventDefault();
    attachments.add([...data.files]);
  }

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
    if (!words && !attachments.any()) return;
    const intent = intentOf(words, { bot: workspace.bot()?.name, inThread, direct: Boolean(workspace.here()?.is_im), carriesFiles: attachments.any() });
    if (intent.kind !== "refused") sendAs(intent.kind, words);
    completion.close();
    if (intent.sentence) say(intent.sentence, intent.offer);
  }

  async function sendAs(kind, words) {
    if (words && history.at(-1) !== words) history.push(words);
    recalled = history.length;
    write("", false);
    const problem = kind === "command" ? run(words) && "" : await post(words, await attachments.take());
    if (problem) undo(words, problem);
    changed();
  }

  /** What did not arrive stands in the box again, unless something else was typed meanwhile. */
  function undo(words, problem) {
    if (!field.value) write(words, false);
    say(problem);
  }

  function write(text, offer) {
    field.value = text;
    field.focus();
    field.setSelectionRange(text.length, text.length);
    typed(offer);
  }

  function typed(offer) {
    hint.replaceChildren();
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, TALLEST)}px`;
    changed();
    if (offer) completion.update();
    else completion.close();
  }

  function changed() {
    form.classList.toggle("ready", field.value.trim() !== "" || attachments.any());
  }

  /** Shows a passing line over the box, with what could be sent instead. */
  function say(sentence, offer = null) {
    const button = offer && el("button.hint-button", { type: "button", onclick: () => submit(offer) }, `Send ${offer}`);
    hint.replaceChildren(el("span", {}, sentence), ...(button ? [button] : []));
  }

  function render() {
    const channel = workspace.here();
    const where = channel?.is_im ? workspace.title(channel) : `#${workspace.title(channel)}`;
    const who = nameOf(workspace.me(), workspace.acting);
    field.placeholder = inThread ? `Reply as ${who}, or ask @${workspace.bot()?.name ?? "bot"}` : `Message ${where} as ${who}, or /`;
  }

  return { render, say, add: attachments.add, focus: () => field.focus() };
}

function stop(event, then) {
  event.preventDefault();
  then();
}

function textField(id) {
  return el("textarea", {
    id: `${id}-text`, rows: 1, spellcheck: "false", autocapitalize: "none", autocorrect: "off", enterkeyhint: "send",
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}-text-options`, "aria-haspopup": "listbox",
  });
}
