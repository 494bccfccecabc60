/** What the composer completes, and how: commands after /aws or @aws, people after @; `help` is the full word on them. */

import { COMMANDS } from "./commands.js";

export const SLASH = "/aws";
export const SUGGESTIONS = ["ec2 list", "ec2 stop name=web-1", "help"];

const INSTANCES = "An instance is i-0abc…, name=web-*, tag:env=dev or state=running.";

/**
 * What could follow `text`: `items` ({insert, label, usage, about}), a `usage` line for a command that is complete, and
 * `runnable`, true where Enter should send rather than complete. `names` are {name, about} of those one can mention,
 * the bot first; in a thread there are no slash commands.
 */
export function complete(text, { names, inThread }) {
  if (text.includes("\n")) return nothing();
  const typed = text.replace(/\s+/g, " ");
  const doors = [inThread ? null : SLASH, names[0] && `@${names[0].name}`].filter(Boolean);
  const door = doors.find((word) => typed.toLowerCase().startsWith(`${word} `) || typed.toLowerCase() === word);
  if (door) return commandsAfter(door, typed.slice(door.length + 1).toLowerCase());
  if (!inThread && typed && SLASH.startsWith(typed.toLowerCase())) return { ...nothing(), items: [slashItem()] };
  return { ...nothing(), items: mentions(text, names) };
}

function commandsAfter(door, rest) {
  if (!rest) return { ...nothing(), items: COMMANDS.map((command) => item(door, command)), runnable: true };
  const known = COMMANDS.find(({ name }) => rest === name || rest.startsWith(`${name} `));
  if (known) return { ...nothing(), usage: usageOf(door, known), runnable: true };
  const first = COMMANDS.filter(({ name }) => name.startsWith(rest));
  const verbs = COMMANDS.filter((command) => !first.includes(command) && command.name.split(" ").at(-1).startsWith(rest));
  return { ...nothing(), items: [...first, ...verbs].map((command) => item(door, command)) };
}

function mentions(text, names) {
  const [, before, typed] = /^(.*?(?:^|\s))@([\w.-]*)$/.exec(text) ?? [];
  if (typed === undefined) return [];
  const fitting = names.filter(({ name }) => name.startsWith(typed.toLowerCase()));
  return fitting.map(({ name, about }) => ({ insert: `${before}@${name} `, label: `@${name}`, usage: about, about: "" }));
}

function nothing() {
  return { items: [], usage: null, runnable: false };
}

function slashItem() {
  return { insert: `${SLASH} `, label: SLASH, usage: "command", about: "Run AWS from Slack" };
}

function item(door, { name, usage, needs, about }) {
  return { insert: `${door} ${name}${needs ? " " : ""}`, label: `${door} ${name}`, usage, about };
}

function usageOf(door, { name, usage, about }) {
  return { line: `${door} ${name} ${usage}`.trim(), about: usage.includes("INSTANCE") ? `${about} ${INSTANCES}` : about };
}

/** The command that words without a slash or a mention may have been meant as, or null. */
export function meant(text) {
  const words = text.trim();
  return COMMANDS.some(({ name }) => `${words.toLowerCase()} `.startsWith(`${name} `)) ? words : null;
}
