/** Rich text: sections, lists, quotes and preformatted text; nothing in it is parsed as mrkdwn. */

import { dateNode } from "./dates.js";
import { el } from "./dom.js";
import { emojiFor } from "./emoji.js";
import { link } from "./links.js";
import { broadcast, channelMention, groupMention, personMention } from "./mentions.js";

const PARTS = {
  rich_text_section: (part) => el("div.rich-section", {}, pieces(part)),
  rich_text_preformatted: (part) => el("pre", { tabindex: 0 }, pieces(part)),
  rich_text_quote: (part) => el("blockquote", {}, pieces(part)),
  rich_text_list: list,
};

const PIECES = {
  text: (piece) => piece.text ?? "",
  link: (piece) => link(piece.url ?? "", piece.text || piece.url || ""),
  user: (piece) => personMention(piece.user_id),
  channel: (piece) => channelMention(piece.channel_id),
  usergroup: (piece) => groupMention(piece.usergroup_id),
  broadcast: (piece) => broadcast(piece.range ?? "channel"),
  emoji: (piece) => emojiFor(piece.name) ?? `:${piece.name}:`,
  date: (piece) => dateNode(piece.timestamp, piece.format ?? "{date} {time}", piece.fallback ?? ""),
  color: (piece) => piece.value ?? "",
};

const STYLES = { bold: "strong", italic: "em", strike: "s", underline: "u", code: "code" };

/** Nodes for the elements of a `rich_text` block or cell. */
export function richText(elements) {
  return elements.map((part) => (Object.hasOwn(PARTS, part.type) ? PARTS[part.type](part) : unknown(part)));
}

function unknown(part) {
  return el("span.unknown", {}, `This page cannot draw “${part?.type ?? "nothing"}”`);
}

function pieces(part) {
  return (part.elements ?? []).map((piece) => {
    if (!Object.hasOwn(PIECES, piece.type)) return unknown(piece);
    return styled(PIECES[piece.type](piece), piece.style ?? {});
  });
}

function styled(node, style) {
  return Object.entries(STYLES).reduce((inner, [name, tag]) => (style[name] ? el(tag, {}, inner) : inner), node);
}

function list(part) {
  const tag = part.style === "ordered" ? "ol" : "ul";
  const start = part.style === "ordered" && part.offset ? part.offset + 1 : null;
  const depth = Math.min(Number(part.indent) || 0, 8);
  return el(`${tag}.indent-${depth}`, { start }, (part.elements ?? []).map((item) => el("li", {}, pieces(item))));
}
