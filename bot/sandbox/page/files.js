/** The files of a message: pictures as pictures, texts by their first lines, anything else as a tile to download. */

import { el } from "./dom.js";
import { fileIcon, isPicture, isText, kindOf, sizeOf } from "./file_words.js";
import { drawing } from "./icons.js";
import { showPicture } from "./lightbox.js";
import { fileAddress } from "./server.js";

const LINES = 8;
const READ_BYTES = 4_000;
const PREVIEWED_BYTES = 1_000_000;

/** Nodes for Slack's file objects. */
export function fileNodes(files) {
  return el("div.files", {}, files.map(fileNode));
}

function fileNode(file) {
  if (file.mode === "tombstone") return el("p.unknown", {}, "This file was deleted.");
  if (isPicture(file)) return picture(file);
  return isText(file) && file.size <= PREVIEWED_BYTES ? snippet(file) : el("div.file", { "data-file": file.id }, tile(file));
}

function picture(file) {
  const source = fileAddress(file.id);
  const name = nameOf(file);
  return el("figure.picture", { "data-file": file.id },
    el("figcaption.picture-name", {}, el("span", {}, name), download(file)),
    el("button.picture-open", { type: "button", "aria-label": `Enlarge ${name}`, onclick: () => showPicture(source, altOf(file)) },
      el("img", { src: source, alt: altOf(file), loading: "lazy" })));
}

function snippet(file) {
  const shown = el("pre.snippet", { tabindex: 0, "aria-label": `The beginning of ${nameOf(file)}`, "aria-busy": "true" });
  const rest = el("p.snippet-rest", { hidden: true });
  firstLines(file).then(({ text, more }) => {
    shown.replaceChildren(text);
    rest.hidden = !more;
    rest.replaceChildren("More in the file");
  }, () => shown.replaceChildren("Its content cannot be shown. Download it to read it.")).finally(() => shown.removeAttribute("aria-busy"));
  return el("div.file", { "data-file": file.id }, tile(file), shown, rest);
}

/** The first lines of a text, without reading the rest of it. */
async function firstLines(file) {
  const response = await fetch(fileAddress(file.id));
  if (!response.ok) throw new Error(String(response.status));
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let ended = false;
  while (text.length < READ_BYTES && !ended) {
    const { value, done } = await reader.read();
    ended = done;
    text += decoder.decode(value, { stream: !done });
  }
  if (!ended) await reader.cancel();
  const lines = text.slice(0, READ_BYTES).replace(/\n$/, "").split("\n");
  return { text: lines.slice(0, LINES).join("\n"), more: !ended || lines.length > LINES || text.length > READ_BYTES };
}

function tile(file) {
  return el("div.tile", {}, el("span.tile-icon", { "aria-hidden": "true" }, drawing(fileIcon(file))),
    el("div.tile-words", {}, el("span.tile-name", {}, nameOf(file)), el("span.tile-about", {}, [kindOf(file), sizeOf(file.size)].filter(Boolean).join(" · "))),
    download(file));
}

function download(file) {
  const name = nameOf(file);
  return el("a.icon-button.download", { href: fileAddress(file.id), download: file.name ?? name, "aria-label": `Download ${name}`, title: "Download" }, drawing("download"));
}

function nameOf(file) {
  return file.title || file.name || file.id;
}

function altOf(file) {
  return file.alt_txt || nameOf(file);
}
