/**
 * Slack's mrkdwn as DOM nodes. Only what Slack makes active becomes active; entities are undone last and
 * always into text nodes, so "&lt;script&gt;" is read, never run.
 */

import { dateNode } from "./dates.js";
import { el } from "./dom.js";
import { emojiFor } from "./emoji.js";
import { link } from "./links.js";
import { broadcast, channelMention, groupMention, personMention } from "./mentions.js";

const EMPHASIS = { "*": "strong", _: "em", "~": "s" };
const FENCE = /```\n?([\s\S]*?)\n?```/g;
const QUOTE = /^(?:&gt;|>) ?/;
const BULLET = /^\s*[•\-] +/;
const NUMBER = /^\s*\d+\. +/;
const BROADCASTS = new Set(["channel", "here", "everyone"]);

/** Undoes Slack's three entities, the ampersand last. */
export function unescape(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** Plain text with `:emoji:` drawn; nothing else is active. */
export function plain(text, emoji = true) {
  if (!emoji) return [text];
  return text.split(/(:[a-z0-9_+-]+:)/).map((part) => emojiNode(part) ?? part);
}

function emojiNode(part) {
  const name = /^:([a-z0-9_+-]+):$/.exec(part)?.[1];
  const character = name ? emojiFor(name) : null;
  return character && el("span.emoji", { role: "img", "aria-label": name.replaceAll("_", " "), title: part }, character);
}

/** A whole mrkdwn text: fences, quotes, lists and lines. `verbatim` leaves bare addresses alone. */
export function mrkdwn(text, { verbatim = false } = {}) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(FENCE)) {
    nodes.push(...lines(trimBreak(text.slice(end, match.index)), verbatim));
    nodes.push(el("pre", { tabindex: 0 }, unescape(unlink(match[1]))));
    end = match.index + match[0].length;
  }
  nodes.push(...lines(end ? text.slice(end).replace(/^\n/, "") : text, verbatim));
  return nodes;
}

function trimBreak(text) {
  return text.replace(/\n$/, "");
}

function unlink(text) {
  return text.replace(/<(?:[^<>|]*\|)?([^<>|]*)>/g, "$1");
}

function lines(text, verbatim) {
  const nodes = [];
  for (const { kind, rows } of runs(text)) nodes.push(...RUNS[kind](rows, verbatim));
  return nodes;
}

function runs(text) {
  const found = [];
  for (const row of text ? text.split("\n") : []) {
    const kind = kindOf(row);
    if (found.at(-1)?.kind === kind) found.at(-1).rows.push(row);
    else found.push({ kind, rows: [row] });
  }
  return found;
}

function kindOf(row) {
  if (QUOTE.test(row)) return "quote";
  if (BULLET.test(row)) return "bullets";
  return NUMBER.test(row) ? "numbers" : "prose";
}

const RUNS = {
  quote: (rows, verbatim) => [el("blockquote", {}, prose(rows.map((row) => row.replace(QUOTE, "")), verbatim))],
  bullets: (rows, verbatim) => [el("ul", {}, rows.map((row) => el("li", {}, inline(row.replace(BULLET, ""), verbatim))))],
  numbers: (rows, verbatim) => [numbered(rows, verbatim)],
  prose: (rows, verbatim) => prose(rows, verbatim),
};

function numbered(rows, verbatim) {
  const items = rows.map((row) => el("li", {}, inline(row.replace(NUMBER, ""), verbatim)));
  return el("ol", { start: Number.parseInt(rows[0], 10) }, items);
}

function prose(rows, verbatim) {
  return rows.map((row) => (row.trim() ? el("div.line", {}, inline(row, verbatim)) : el("div.gap")));
}

/** One line of mrkdwn. */
export function inline(text, verbatim = false) {
  const nodes = [];
  let plainStart = 0;
  let at = 0;
  while (at < text.length) {
    const found = active(text, at, verbatim);
    if (!found) {
      at += 1;
      continue;
    }
    if (at > plainStart) nodes.push(unescape(text.slice(plainStart, at)));
    nodes.push(found.node);
    at = found.end;
    plainStart = at;
  }
  if (plainStart < text.length) nodes.push(unescape(text.slice(plainStart)));
  return nodes;
}

function active(text, at, verbatim) {
  const character = text[at];
  if (character === "`") return codeSpan(text, at);
  if (character === "<") return angle(text, at);
  if (character === ":") return emojiAt(text, at);
  if (Object.hasOwn(EMPHASIS, character)) return emphasis(text, at, verbatim);
  return character === "h" && !verbatim ? bareAddress(text, at) : null;
}

function codeSpan(text, at) {
  const end = text.indexOf("`", at + 1);
  if (end <= at + 1) return null;
  return { node: el("code", {}, unescape(unlink(text.slice(at + 1, end)))), end: end + 1 };
}

function emojiAt(text, at) {
  const match = /^:[a-z0-9_+-]+:/.exec(text.slice(at, at + 64));
  const node = match && emojiNode(match[0]);
  return node ? { node, end: at + match[0].length } : null;
}

function bareAddress(text, at) {
  if (at > 0 && /\w/.test(text[at - 1])) return null;
  const match = /^https?:\/\/[^\s<>`|]+/.exec(text.slice(at));
  if (!match) return null;
  const address = match[0].replace(/(?:[.,;:!?)*_~]|&gt;|&quot;)+$/, "");
  return { node: link(unescape(address), unescape(address)), end: at + address.length };
}

function emphasis(text, at, verbatim) {
  const before = text[at - 1] ?? " ";
  if (/[\p{L}\p{N}]/u.test(before) || /\s/.test(text[at + 1] ?? " ")) return null;
  const end = closing(text, at);
  if (end < 0) return null;
  const inner = inline(text.slice(at + 1, end), verbatim);
  return { node: el(EMPHASIS[text[at]], {}, inner), end: end + 1 };
}

/** Where the mark at `start` is closed, stepping over code and <…>; -1 where it is not. */
function closing(text, start) {
  let at = start + 1;
  while (at < text.length) {
    const stop = { "`": "`", "<": ">" }[text[at]];
    const skip = stop ? text.indexOf(stop, at + 1) : -1;
    if (skip > 0) at = skip;
    else if (text[at] === text[start] && closes(text, at) && at > start + 1) return at;
    at += 1;
  }
  return -1;
}

function closes(text, at) {
  return !/\s/.test(text[at - 1]) && !/[\p{L}\p{N}]/u.test(text[at + 1] ?? " ");
}

function angle(text, at) {
  const end = text.indexOf(">", at);
  if (end < 0 || text.slice(at + 1, end).includes("<")) return null;
  const body = text.slice(at + 1, end);
  const bar = body.indexOf("|");
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? "" : unescape(body.slice(bar + 1));
  const node = reference(target, label);
  return node ? { node, end: end + 1 } : null;
}

function reference(target, label) {
  if (target.startsWith("@")) return personMention(target.slice(1), label || undefined);
  if (target.startsWith("#")) return channelMention(target.slice(1), label);
  if (target.startsWith("!")) return special(target.slice(1), label);
  const url = unescape(target);
  return target ? link(url, label || url.replace(/^(mailto|tel):/, "")) : null;
}

function special(target, label) {
  if (BROADCASTS.has(target)) return broadcast(target);
  const [word, id, format, address] = target.split("^");
  if (word === "subteam") return groupMention(id ?? "", label);
  if (word !== "date") return el("span.mention", {}, label || `!${target}`);
  const node = dateNode(id, unescape(format ?? ""), label);
  return address ? link(unescape(address), node) : node;
}
