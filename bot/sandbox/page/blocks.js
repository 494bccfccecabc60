/** Block Kit as Slack draws it; a block or element this page does not know stays visible, by its type. */

import { buttonElement } from "./buttons.js";
import { el } from "./dom.js";
import { localImage } from "./links.js";
import { markdown } from "./markdown.js";
import { mrkdwn, plain } from "./mrkdwn.js";
import { richText } from "./rich_text.js";
import { table } from "./table.js";

const BLOCKS = {
  section: sectionBlock,
  header: (block) => el("h3.block-header", {}, textOf(block.text)),
  divider: () => el("hr.block-divider"),
  context: contextBlock,
  actions: actionsBlock,
  image: imageBlock,
  markdown: (block) => el("div.block-markdown", {}, markdown(block.text ?? "")),
  rich_text: (block) => el("div.block-rich", {}, richText(block.elements ?? [])),
  table,
};

/** DOM nodes for `blocks`; `press(element, block, button)` is called when one of their buttons is clicked. */
export function blockNodes(blocks, press) {
  return blocks.map((block) => {
    const draw = Object.hasOwn(BLOCKS, block.type) ? BLOCKS[block.type] : unknown;
    return el("div.block", { "data-block": block.block_id ?? null }, draw(block, press));
  });
}

/** The children for a text object: mrkdwn or plain_text. */
export function textOf(text) {
  if (!text) return [];
  if (text.type === "mrkdwn") return mrkdwn(text.text ?? "", { verbatim: text.verbatim === true });
  return plain(text.text ?? "", text.emoji !== false);
}

function unknown(item) {
  return el("div.unknown", {}, `This page cannot draw “${item?.type ?? "nothing"}”`);
}

function sectionBlock(block, press) {
  const words = block.text && el("div.section-text", {}, textOf(block.text));
  const fields = block.fields && el("div.fields", {}, block.fields.map((field) => el("div.field", {}, textOf(field))));
  const accessory = block.accessory && el("div.accessory", {}, element(block.accessory, block, press));
  return el("div.section", {}, el("div.section-main", {}, words, fields), accessory);
}

function contextBlock(block) {
  return el("div.context", {}, (block.elements ?? []).map((part) => (part.type === "image" ? picture(part, "img.context-image") : el("span", {}, textOf(part)))));
}

function actionsBlock(block, press) {
  return el("div.actions", {}, (block.elements ?? []).map((part) => element(part, block, press)));
}

function element(part, block, press) {
  if (part.type === "button") return buttonElement(part, (button) => press(part, block, button));
  return part.type === "image" ? picture(part, "img.thumbnail") : unknown(part);
}

function imageBlock(block) {
  const title = block.title && el("figcaption", {}, textOf(block.title));
  return el("figure.block-image", {}, title, picture(block, "img"));
}

function picture(part, selector) {
  const source = localImage(part.image_url ?? "");
  if (!source) return el("span.unknown", {}, part.alt_text || "image from elsewhere");
  return el(selector, { src: source, alt: part.alt_text ?? "", loading: "lazy" });
}
