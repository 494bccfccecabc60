/** What one can do with a message: over it with a mouse, behind its ⋮ or a long press with a finger. */

import { el } from "./dom.js";
import { drawing } from "./icons.js";
import { openMenu } from "./menu.js";

const LONG_MS = 500;
const SLIP_PX = 10;

/** The buttons of a message; `does` has `reply(message)`, `shortcut(message, id, label)` and `copy(text)`. */
export function menuButtons(message, inThread, does) {
  const items = itemsOf(message, inThread, does);
  const more = el("button.icon-button.more", { type: "button", "data-action": "menu", "aria-label": "More actions for this message", "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => openMenu(more, "Actions for this message", items) }, drawing("dots"));
  const reply = canReply(message, inThread) && el("button.icon-button.reply-button", { type: "button", "data-action": "reply", "aria-label": "Reply in thread", title: "Reply in thread", onclick: () => does.reply(message) }, drawing("thread"));
  return el("div.message-tools", {}, reply, more);
}

/** Slack offers no thread and no shortcut on what only one person sees. */
function itemsOf(message, inThread, does) {
  const shared = !message.ephemeral_to;
  const shortcut = (id, label, icon) => ({ label, icon, run: () => does.shortcut(message, id, label) });
  return [
    canReply(message, inThread) && { label: "Reply in thread", icon: "thread", run: () => does.reply(message) },
    shared && shortcut("look_up", "Look up in AWS", "search"),
    shared && message.files?.length > 0 && shortcut("put_file", "Put in S3", "cloud"),
    { label: "Copy text", icon: "copy", run: () => does.copy(wordsOf(message)) },
  ].filter(Boolean);
}

function canReply(message, inThread) {
  return !inThread && !message.ephemeral_to;
}

function wordsOf(message) {
  return (message.text ?? "").replace(/<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>/g, (whole, sign, target, label) => label || sign + target)
    .replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/**
 * A finger that rests on a message opens its menu once it is lifted: opened under the finger, the menu would go again,
 * or take the click that follows. A finger that moves, or rests on a control, does not.
 */
export function onLongPress(row) {
  let from = null;
  row.addEventListener("touchstart", ({ touches, target, timeStamp }) => {
    const rests = touches.length === 1 && !target.closest("button, a, input, pre, .table-box");
    from = rests ? { x: touches[0].clientX, y: touches[0].clientY, at: timeStamp } : null;
  }, { passive: true });
  row.addEventListener("touchmove", ({ touches }) => {
    if (from && Math.hypot(touches[0].clientX - from.x, touches[0].clientY - from.y) > SLIP_PX) from = null;
  }, { passive: true });
  row.addEventListener("touchcancel", () => { from = null; });
  row.addEventListener("contextmenu", (event) => from && event.preventDefault());
  row.addEventListener("touchend", (event) => {
    const rested = from && event.timeStamp - from.at > LONG_MS;
    from = null;
    if (!rested) return;
    event.preventDefault(); // no click follows
    setTimeout(() => row.querySelector(".more").click());
  });
}
