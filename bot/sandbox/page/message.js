/** One message as Slack draws it: avatar, name, badge, time, its content, and for whose eyes it is. */

import { blockNodes } from "./blocks.js";
import { clock, dateOf, fullDate } from "./dates.js";
import { el } from "./dom.js";
import { drawing } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { avatar, nameOf } from "./people.js";
import { isFailure } from "./workspace.js";

/** A row of the list; `press(message, element, block, button)` follows a click on one of its buttons. */
export function messageNode(workspace, { message, compact, reply }, press) {
  const user = authorOf(workspace, message);
  const name = nameOf(user, message.username ?? message.user);
  const classes = [reply && ".reply", compact && ".compact", message.ephemeral_to && ".ephemeral", isFailure(message) && ".failure"];
  const selector = `article.message${classes.filter(Boolean).join("")}`;
  return el(selector, { "data-ts": message.ts, "aria-label": `${name}, ${clock(dateOf(message.ts))}` },
    el("div.gutter", {}, compact ? stamp(message.ts) : avatar(user, message.user)),
    el("div.body", {},
      message.ephemeral_to && !compact && el("p.only-you", {}, drawing("eye"), "Only visible to you"),
      !compact && byline(user, name, message),
      content(message, press),
      message.edited && !message.blocks?.length && el("span.edited", {}, "(edited)")));
}

function authorOf(workspace, message) {
  return workspace.user(message.user) ?? (message.bot_id ? workspace.bot() : undefined);
}

function byline(user, name, message) {
  const isApp = user?.is_bot || message.bot_id;
  return el("div.byline", {}, el("span.author", {}, name), isApp && el("span.badge", {}, "APP"), stamp(message.ts));
}

function stamp(ts) {
  const date = dateOf(ts);
  return el("time.stamp", { datetime: date.toISOString(), title: fullDate(date) }, clock(date));
}

function content(message, press) {
  if (!message.blocks?.length) return el("div.text", {}, isFailure(message) && drawing("warning"), el("div", {}, mrkdwn(message.text ?? "")));
  const pressed = (element, block, button) => press(message, element, block, button);
  return el("div.blocks", {}, blockNodes(message.blocks, pressed));
}

/** The bar under a message that has replies. */
export function threadNode({ count, open, root }, fold) {
  const words = `${count} ${count === 1 ? "reply" : "replies"}`;
  return el("div.thread", {}, el("button.thread-toggle", { type: "button", "aria-expanded": String(open), "data-action": `thread-${root}`, onclick: () => fold(root) },
    drawing("thread"), words, drawing("chevron")));
}

/** The page's own trace of a typed command. */
export function echoNode({ echo }) {
  const state = echo.lost ? "The local Slack did not answer" : echo.pending ? "Waiting for the bot" : "";
  return el(`div.echo${echo.pending ? ".pending" : ""}${echo.lost ? ".lost" : ""}`, {},
    el("span.gutter", {}, echo.pending && el("span.spinner", { "aria-hidden": "true" })),
    el("span.echo-text", {}, "You typed ", el("code", {}, echo.text)),
    state && el("span.echo-state", {}, state));
}

export function dayNode({ label }) {
  return el("div.day", { role: "separator", "aria-label": label }, el("span", {}, label));
}

/** The beginning of a channel; an empty one offers three commands to start with. */
export function introNode(workspace, { empty }, suggestions, run) {
  const channel = workspace.here();
  if (!channel) return el("div.intro");
  const name = channel.is_im ? workspace.title(channel) : `#${channel.name}`;
  return el("div.intro", {},
    el("h3", {}, name),
    el("p", {}, channel.is_im ? `This is where you and ${name} talk in private.` : `This is the very beginning of ${name}.`),
    empty && el("p", {}, "Try one of these:"),
    empty && el("div.chips", {}, suggestions.map((text) => el("button.chip", { type: "button", onclick: () => run(`/aws ${text}`) }, el("span.chip-slash", {}, "/aws "), text))));
}
