/** Block Kit's text objects as DOM nodes. */

import { mrkdwn, plain } from "./mrkdwn.js";

/** The children for a text object: mrkdwn or plain_text. */
export function textOf(text) {
  if (!text) return [];
  if (text.type === "mrkdwn") return mrkdwn(text.text ?? "", { verbatim: text.verbatim === true });
  return plain(text.text ?? "", text.emoji !== false);
}
