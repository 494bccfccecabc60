/** What becomes of the words in a composer: a command, a message, or a kind word about why they are neither. */

import { meant, SLASH } from "./suggest.js";

/** {kind: "command" | "message" | "refused", sentence, offer}; `offer` is what could be sent instead. */
export function intentOf(text, { bot, inThread, direct, carriesFiles }) {
  const words = text.trim();
  const command = words.split(/\s/)[0];
  if (!words.startsWith("/")) return { kind: "message", ...heard(words, { bot, direct, carriesFiles }) };
  if (command.toLowerCase() !== SLASH) return refused(`${command} is not a command here. Everything starts with ${SLASH}.`);
  if (inThread) return refused(`${SLASH} is not supported in threads: Slack has no slash commands there. Mention the bot instead.`, instead(words, bot));
  if (carriesFiles) return refused("A command cannot carry a file. Send the file with a message, then choose Put in S3 in the menu of that message.");
  return { kind: "command" };
}

function refused(sentence, offer = null) {
  return { kind: "refused", sentence, offer };
}

function instead(words, bot) {
  return `@${bot} ${words.slice(SLASH.length).trim()}`.trim();
}

/** A message that reads like a command but does not reach the bot is sent, and this is said beside it. */
function heard(words, { bot, direct, carriesFiles }) {
  const command = !direct && !carriesFiles && meant(words);
  return command ? { sentence: "The bot hears what mentions it.", offer: `@${bot} ${command}` } : {};
}
