/** Mentions of people, channels, groups and everyone, with today's names where the page knows them. */

import { el } from "./dom.js";

let workspace = null;

/** Names are looked up in this workspace from now on. */
export function useNames(source) {
  workspace = source;
}

export function personMention(id, label) {
  const name = workspace?.user(id)?.name ?? label ?? id;
  const mine = workspace?.acting === id;
  return el(mine ? "span.mention.mine" : "span.mention", {}, `@${name}`);
}

export function channelMention(id, label) {
  const name = workspace?.channel(id)?.name ?? (label || id);
  return el("span.mention", {}, `#${name}`);
}

export function groupMention(id, label) {
  const group = workspace?.groups.find((candidate) => candidate.id === id);
  const name = group?.handle ?? group?.name ?? (label || id);
  return el("span.mention.loud", {}, `@${name.replace(/^@/, "")}`);
}

/** `channel`, `here` and `everyone`: drawn loudly, because in Slack they would ring. */
export function broadcast(word) {
  return el("span.mention.loud", {}, `@${word}`);
}
