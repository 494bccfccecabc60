/** The commands that the composer completes, and how; the bot's own `help` is the full word on them. */

const SLASH = "/aws";

export const SUGGESTIONS = ["ec2 list", "ec2 stop name=web-1", "help"];

const COMMANDS = [
  { name: "ec2 list", usage: "[selector …] [--region R]", about: "Instances with state, type and addresses" },
  { name: "ec2 show", usage: "selector", needs: true, about: "State, type, network, image and tags of one" },
  { name: "ec2 start", usage: "selector …", needs: true, about: "Start stopped instances" },
  { name: "ec2 stop", usage: "selector … [--hibernate | --force]", needs: true, about: "Stop running instances" },
  { name: "ec2 reboot", usage: "selector …", needs: true, about: "Reboot instances" },
  { name: "ec2 terminate", usage: "selector …", needs: true, about: "Terminate instances for good" },
  { name: "ec2 launch", usage: "--ami ami-… --type t3.micro [--name N] [--tag K=V]", needs: true, about: "Make new instances" },
  { name: "ec2 console", usage: "selector", needs: true, about: "The end of its console output, for you alone" },
  { name: "help", usage: "[service [verb]]", about: "What you may run" },
  { name: "whoami", usage: "", about: "Your ids and your rights" },
  { name: "status", usage: "", about: "Version, connections, last errors" },
];

const SELECTORS = "A selector is i-0abc…, name=web-*, tag:env=dev or state=running.";

/**
 * What could follow `text`: `items` ({insert, label, usage, about}), a `usage` line for a command that is
 * complete, and `runnable`, true where Enter should send rather than complete.
 */
export function complete(text) {
  const typed = text.replace(/\s+/g, " ").toLowerCase();
  if (!typed.startsWith("/") || text.includes("\n")) return nothing();
  if (typed.length < SLASH.length && SLASH.startsWith(typed)) return { ...nothing(), items: [slashItem()] };
  if (typed === SLASH || typed === `${SLASH} `) return { ...nothing(), items: COMMANDS.map(item), runnable: true };
  return typed.startsWith(`${SLASH} `) ? completeCommand(typed.slice(SLASH.length + 1)) : nothing();
}

function completeCommand(rest) {
  const known = COMMANDS.find(({ name }) => rest === name || rest.startsWith(`${name} `));
  if (known) return { ...nothing(), usage: usageOf(known), runnable: true };
  const first = COMMANDS.filter(({ name }) => name.startsWith(rest));
  const verbs = COMMANDS.filter((command) => !first.includes(command) && command.name.split(" ").at(-1).startsWith(rest));
  return { ...nothing(), items: [...first, ...verbs].map(item) };
}

function nothing() {
  return { items: [], usage: null, runnable: false };
}

function slashItem() {
  return { insert: `${SLASH} `, label: SLASH, usage: "command", about: "Run AWS from Slack" };
}

function item({ name, usage, needs, about }) {
  return { insert: `${SLASH} ${name}${needs ? " " : ""}`, label: `${SLASH} ${name}`, usage, about };
}

function usageOf({ name, usage, about }) {
  return { line: `${SLASH} ${name} ${usage}`.trim(), about: usage.includes("selector") ? `${about}. ${SELECTORS}` : `${about}.` };
}

/** A sentence for text that would do nothing here, with the command that may have been meant; null for a command. */
export function hintFor(text) {
  const words = text.trim();
  if (/^\/aws(\s|$)/i.test(words)) return null;
  if (words.startsWith("/")) return { sentence: `${words.split(/\s/)[0]} is not a command here. Everything starts with ${SLASH}.` };
  const meant = COMMANDS.some(({ name }) => words.toLowerCase().startsWith(name)) ? `${SLASH} ${words}` : null;
  return { sentence: `Nobody reads plain messages in this local Slack: only ${SLASH} commands do something.`, meant };
}
