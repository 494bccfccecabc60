/** Decides what stands in a list, in which order: days, grouped messages, reply counts and typed commands. */

import { dateOf, dayOf } from "./dates.js";
import { keyOf } from "./workspace.js";

const GROUP_SECONDS = 300;
const FACES = 3;

/** The list of the open channel, as values: {kind, key, …}. */
export function timeline(workspace, echoes) {
  const messages = workspace.sorted();
  const { roots, replies } = threads(messages);
  const entries = [{ kind: "intro", key: "intro", empty: messages.length === 0 && echoes.between(workspace, "0", "Infinity").length === 0 }];
  entries.push(...echoEntries(echoes.between(workspace, "0", roots[0]?.ts ?? "Infinity")));
  roots.forEach((message, index) => {
    const before = entries.at(-1);
    if (!sameDay(roots[index - 1], message)) entries.push({ kind: "day", key: `day-${message.ts}`, label: dayOf(dateOf(message.ts)) });
    entries.push({ kind: "message", key: keyOf(message), message, compact: before === entries.at(-1) && continues(before.message, message) });
    entries.push(...threadEntries(message, replies.get(message.ts) ?? [], workspace.thread));
    entries.push(...echoEntries(echoes.between(workspace, message.ts, roots[index + 1]?.ts ?? "Infinity")));
  });
  return entries;
}

/** The list of the open thread: its first message, then the replies. */
export function threadTimeline(workspace) {
  const { roots, replies } = threads(workspace.sorted());
  const root = roots.find(({ ts }) => ts === workspace.thread);
  if (!root) return [];
  const said = replies.get(root.ts) ?? [];
  return [
    { kind: "message", key: keyOf(root), message: root, inThread: true },
    { kind: "replies", key: "replies", count: said.length },
    ...said.map((message, index) => ({ kind: "message", key: keyOf(message), message, inThread: true, compact: continues(said[index - 1], message) })),
  ];
}

function threads(messages) {
  const known = new Set(messages.map((message) => message.ts));
  const replies = new Map();
  const roots = [];
  for (const message of messages) {
    const root = message.thread_ts;
    if (!root || root === message.ts || !known.has(root)) roots.push(message);
    else replies.set(root, [...(replies.get(root) ?? []), message]);
  }
  return { roots, replies };
}

function threadEntries(root, replies, open) {
  if (!replies.length) return [];
  const people = [...new Set(replies.map(({ user }) => user))].slice(0, FACES);
  return [{ kind: "thread", key: `thread-${root.ts}`, root: root.ts, count: replies.length, last: replies.at(-1).ts, people, open: open === root.ts }];
}

function echoEntries(echoes) {
  return echoes.map((echo) => ({ kind: "echo", key: `echo-${echo.id}`, echo: { ...echo } }));
}

function sameDay(one, other) {
  return one && dateOf(one.ts).toDateString() === dateOf(other.ts).toDateString();
}

function continues(before, message) {
  if (!before || before.user !== message.user || before.ephemeral_to !== message.ephemeral_to) return false;
  return Number(message.ts) - Number(before.ts) < GROUP_SECONDS;
}
