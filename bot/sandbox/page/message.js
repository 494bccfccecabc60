/** One message as Slack draws it: avatar, name, badge, time, its content, and for whose eyes it is. */

import { blockNode } from "./blocks.js";
import { clock, dateOf, fullDate } from "./dates.js";
import { el } from "./dom.js";
import { fileNodes } from "./files.js";
import { FormState } from "./form_state.js";
import { drawing } from "./icons.js";
import { menuButtons, onLongPress } from "./message_menu.js";
import { mrkdwn } from "./mrkdwn.js";
import { avatar, nameOf } from "./people.js";
import { isFailure } from "./workspace.js";

/** A row of a list; `press(message, element, block, control, extra)` follows a click in it, `does` is its menu's. */
export function messageNode(workspace, { message, compact, inThread }, press, does) {
  const user = authorOf(workspace, message);
  const name = nameOf(user, message.username ?? message.user);
  const classes = [compact && ".compact", message.ephemeral_to && ".ephemeral", isFailure(message) && ".failure"];
  const selector = `article.message${classes.filter(Boolean).join("")}`;
  const row = el(selector, { "data-ts": message.ts, "aria-label": `${name}, ${clock(dateOf(message.ts))}` },
    el("div.gutter", {}, compact ? stamp(message.ts) : avatar(user, message.user)),
    el("div.body", {},
      message.ephemeral_to && !compact && el("p.only-you", {}, drawing("eye"), "Only visible to you"),
      !compact && byline(user, name, message),
      content(message, press),
      message.files?.length > 0 && fileNodes(message.files),
      message.edited && !message.blocks?.length && el("span.edited", {}, "(edited)")),
    menuButtons(message, inThread, does));
  onLongPress(row);
  return row;
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
  if (message.blocks?.length) return el("div.blocks", {}, message.blocks.map((block) => blockNode(block, hostOf(message, press))));
  return message.text && el("div.text", {}, isFailure(message) && drawing("warning"), el("div", {}, mrkdwn(message.text)));
}

function hostOf(message, press) {
  return { form: new FormState(), press: (element, block, control, extra) => press(message, element, block, control, extra) };
}

/** The bar under a message that has replies: who took part, how many, and when the last one came. */
export function threadNode(workspace, { count, root, last, people, open }, show) {
  const words = `${count} ${count === 1 ? "reply" : "replies"}`;
  return el("div.thread", {}, el("button.thread-toggle", { type: "button", "aria-expanded": String(open), "aria-controls": "thread", "data-action": `thread-${root}`, onclick: () => show(root) },
    people.map((id) => avatar(workspace.user(id), id)), el("span", {}, words), el("span.thread-last", {}, `Last reply ${clock(dateOf(last))}`), drawing("chevron")));
}

/** What stands between the first message of a thread and its replies. */
export function repliesNode({ count }) {
  return el("div.day", { role: "separator" }, el("span", {}, count === 0 ? "No replies yet" : `${count} ${count === 1 ? "reply" : "replies"}`));
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
