/** Block Kit as Slack draws it; a block or element this page does not know stays visible, by its type. */

import { el } from "./dom.js";
import { elementNode } from "./elements.js";
import { picture } from "./image.js";
import { markdown } from "./markdown.js";
import { richText } from "./rich_text.js";
import { table } from "./table.js";
import { textOf } from "./text.js";
import { unknown } from "./unknown.js";

const BLOCKS = {
  section: sectionBlock,
  header: (block) => el("h3.block-header", {}, textOf(block.text)),
  divider: () => el("hr.block-divider"),
  context: contextBlock,
  actions: actionsBlock,
  input: inputBlock,
  image: imageBlock,
  markdown: (block) => el("div.block-markdown", {}, markdown(block.text ?? "")),
  rich_text: (block) => el("div.block-rich", {}, richText(block.elements ?? [])),
  table,
};

let inputs = 0;

/**
 * The DOM node for a block. `host` is what it stands in: `form` holds what is put into its elements,
 * `press(element, block, control, extra)` is called when one is used, `upload(file)` brings a file to Slack, and
 * `errors` (by block_id) says what is wrong with an input.
 */
export function blockNode(block, host) {
  const draw = Object.hasOwn(BLOCKS, block.type) ? BLOCKS[block.type] : unknown;
  return el("div.block", { "data-block": block.block_id ?? null }, draw(block, host));
}

function sectionBlock(block, host) {
  const words = block.text && el("div.section-text", {}, textOf(block.text));
  const fields = block.fields && el("div.fields", {}, block.fields.map((field) => el("div.field", {}, textOf(field))));
  const accessory = block.accessory && el(`div.accessory.with-${block.accessory.type}`, {}, elementNode(block.accessory, block, host));
  return el("div.section", {}, el("div.section-main", {}, words, fields), accessory);
}

function contextBlock(block) {
  return el("div.context", {}, (block.elements ?? []).map((part) => (part.type === "image" ? picture(part, "img.context-image") : el("span", {}, textOf(part)))));
}

function actionsBlock(block, host) {
  return el("div.actions", {}, (block.elements ?? []).map((part) => elementNode(part, block, host)));
}

/** A field of a form: its label, the element, a hint, and what is wrong with it. */
function inputBlock(block, host) {
  const id = `input-${inputs++}`;
  const problem = host.errors?.[block.block_id];
  const describedBy = [block.hint && `${id}-hint`, problem && `${id}-error`].filter(Boolean).join(" ") || null;
  const named = { id, describedBy, label: block.label?.text ?? "" };
  const field = elementNode(block.element, block, host, named);
  if (problem) (field.matches("input, textarea, button") ? field : (field.querySelector(`#${id}`) ?? field)).setAttribute("aria-invalid", "true");
  return el(`div.input${problem ? ".invalid" : ""}`, {},
    el("label.input-label", { id: `${id}-label`, for: id }, textOf(block.label), block.optional && el("span.input-optional", {}, " (optional)")),
    field,
    problem && el("p.input-error", { id: `${id}-error` }, problem),
    block.hint && el("p.input-hint", { id: `${id}-hint` }, textOf(block.hint)));
}

function imageBlock(block) {
  const title = block.title && el("figcaption", {}, textOf(block.title));
  return el("figure.block-image", {}, title, picture(block, "img"));
}
