/** The markdown block, in the small part of Markdown that a bot writes: headings, lists, quotes, fences, inline marks. */

import { el } from "./dom.js";
import { link } from "./links.js";

const KINDS = [
  ["heading", /^(#{1,6}) +(.*)$/],
  ["bullet", /^\s*[-*+] +(.*)$/],
  ["number", /^\s*\d+[.)] +(.*)$/],
  ["quote", /^> ?(.*)$/],
  ["rule", /^ {0,3}(?:-{3,}|\*{3,})\s*$/],
  ["blank", /^\s*$/],
];

const INLINE = [
  [/`([^`]+)`/, (match) => el("code", {}, match[1])],
  [/\[([^\]]+)\]\(([^)\s]+)\)/, (match) => link(match[2], spans(match[1]))],
  [/\*\*(.+?)\*\*/, (match) => el("strong", {}, spans(match[1]))],
  [/~~(.+?)~~/, (match) => el("s", {}, spans(match[1]))],
  [/(?<![\w*])\*([^*\s][^*]*)\*/, (match) => el("em", {}, spans(match[1]))],
  [/(?<!\w)_([^_\s][^_]*)_(?!\w)/, (match) => el("em", {}, spans(match[1]))],
];

const GROUPS = {
  heading: (rows) => rows.map(([, , words]) => el("h3.block-header", {}, spans(words))),
  bullet: (rows) => [el("ul", {}, rows.map(([, words]) => el("li", {}, spans(words))))],
  number: (rows) => [el("ol", {}, rows.map(([, words]) => el("li", {}, spans(words))))],
  quote: (rows) => [el("blockquote", {}, rows.map(([, words]) => el("div.line", {}, spans(words))))],
  rule: () => [el("hr.block-divider")],
  blank: () => [],
  prose: (rows) => [el("p", {}, spans(rows.map(([words]) => words).join(" ")))],
};

/** Nodes for a Markdown text. */
export function markdown(text) {
  return text.split(/^```\w*$/m).flatMap((part, index) => (index % 2 ? [fence(part)] : groups(part)));
}

function fence(code) {
  return el("pre", { tabindex: 0 }, code.replace(/^\n|\n$/g, ""));
}

function groups(text) {
  const found = [];
  for (const row of text.replace(/^\n|\n$/g, "").split("\n")) {
    const [kind, match] = kindOf(row);
    if (found.at(-1)?.kind === kind) found.at(-1).rows.push(match);
    else found.push({ kind, rows: [match] });
  }
  return found.flatMap(({ kind, rows }) => GROUPS[kind](rows));
}

function kindOf(row) {
  for (const [kind, pattern] of KINDS) {
    const match = pattern.exec(row);
    if (match) return [kind, match];
  }
  return ["prose", [row]];
}

function spans(text) {
  const hits = INLINE.map(([pattern, draw]) => ({ match: pattern.exec(text), draw })).filter(({ match }) => match);
  if (!hits.length) return text ? [text] : [];
  const { match, draw } = hits.reduce((first, hit) => (hit.match.index < first.match.index ? hit : first));
  const rest = text.slice(match.index + match[0].length);
  return [text.slice(0, match.index), draw(match), ...spans(rest)];
}
