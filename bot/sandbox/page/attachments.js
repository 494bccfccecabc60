/** Files on their way: chosen, dropped or pasted, brought to Slack at once, and shown as chips until they are sent. */

import { el } from "./dom.js";
import { fileIcon, sizeOf } from "./file_words.js";
import { drawing } from "./icons.js";

/** Slack itself takes 1 GB; what is sent as base64 to a small local server is better kept small. */
export const MOST_BYTES = 40_000_000;

/**
 * Draws chips into `list`. `upload(file)` resolves to Slack's file object; `changed(files)` hears of those that are
 * there; `complain(sentence)` of those that did not make it.
 */
export function createAttachments(list, { upload, most = 10, changed = () => {}, complain = () => {} }) {
  let held = [];

  /** Opens the browser's own file dialog. */
  function choose(accept = null) {
    const input = el("input", { type: "file", multiple: most > 1, accept, onchange: () => add([...input.files]) });
    input.click();
  }

  function add(files) {
    if (most === 1) held = [];
    const room = most - held.length;
    files.slice(0, room).forEach(begin);
    if (files.length > room) complain(`At most ${most} files go together.`);
    tell();
  }

  function begin(file) {
    if (file.size > MOST_BYTES) {
      complain(`${file.name} is ${sizeOf(file.size)}: this local Slack takes files up to ${sizeOf(MOST_BYTES)}.`);
      return;
    }
    const entry = { name: file.name, size: file.size, file: null };
    entry.done = upload(file).then((made) => { entry.file = made; }, () => lost(entry)).finally(tell);
    held.push(entry);
  }

  function lost(entry) {
    held = held.filter((other) => other !== entry);
    complain(`${entry.name} could not be uploaded. Try again.`);
  }

  function show(files) {
    held = files.map((file) => ({ name: file.name, size: file.size, file, done: Promise.resolve() }));
    draw();
  }

  function tell() {
    draw();
    changed(ready());
  }

  function ready() {
    return held.flatMap(({ file }) => file ?? []);
  }

  function draw() {
    list.hidden = held.length === 0;
    list.replaceChildren(...held.map(chip));
  }

  function chip(entry) {
    return el("span.attached-one", { "aria-busy": entry.file ? null : "true" },
      entry.file ? drawing(fileIcon(entry)) : el("span.spinner", { "aria-hidden": "true" }),
      el("span.attached-name", {}, entry.name), el("span.attached-size", {}, entry.file ? sizeOf(entry.size) : "uploading…"),
      el("button.picked-remove", { type: "button", "aria-label": `Remove ${entry.name}`, onclick: () => remove(entry) }, drawing("close")));
  }

  function remove(entry) {
    held = held.filter((other) => other !== entry);
    tell();
  }

  /** Takes all files out once every upload has ended. */
  async function take() {
    await Promise.all(held.map(({ done }) => done));
    const files = ready();
    held = [];
    draw();
    return files;
  }

  return { choose, add, show, take, any: () => held.length > 0 };
}
