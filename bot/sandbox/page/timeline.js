/** Decides what stands in the list, in which order: days, grouped messages, threads and typed commands. */

import { dateOf, dayOf } from "./dates.js";
import { keyOf } from "./workspace.js";

const GROUP_SECONDS = 300;

/** The list of the open channel, as values: {kind, key, …}. `folded` holds the threads that are closed. */
export function timeline(workspace, echoes, folded) {
  const messages = workspace.sorted();
  const { roots, replies } = threads(messages);
  const entries = [{ kind: "intro", key: "intro", empty: messages.length === 0 && echoes.between(workspace, "0", "Infinity").length === 0 }];
  entries.push(...echoEntries(echoes.between(workspace, "0", roots[0]?.ts ?? "Infinity")));
  roots.forEach((message, index) => {
    const before = entries.at(-1);
    if (!sameDay(roots[index - 1], message)) entries.push({ kind: "day", key: `day-${message.ts}`, label: dayOf(dateOf(message.ts)) });
    entries.push({ kind: "message", key: keyOf(message), message, compact: before === entries.at(-1) && continues(before.message, message) });
    entries.push(...threadEntries(message, replies.get(message.ts) ?? [], folded));
    entries.push(...echoEntries(echoes.between(workspace, message.ts, roots[index + 1]?.ts ?? "Infinity")));
  });
  return entries;
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

function threadEntries(root, replies, folded) {
  if (!replies.length) return [];
  const open = !folded.has(root.ts);
  const toggle = { kind: "thread", key: `thread-${root.ts}`, root: root.ts, count: replies.length, open };
  return [toggle, ...(open ? replies.map(replyEntry) : [])];
}

function replyEntry(message, index, replies) {
  return { kind: "message", key: keyOf(message), message, reply: true, compact: continues(replies[index - 1], message) };
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
