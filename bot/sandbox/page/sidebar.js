/** The sidebar: the workspace, its channels, direct messages, and whom to act as. */

import { el } from "./dom.js";
import { drawing } from "./icons.js";
import { avatar, nameOf, standing } from "./people.js";

/** Draws into `root`; `open(channelId)`, `act(userId)` and `close()` are what a person can do there. */
export function createSidebar(root, { open, act, close }) {
  let shown = "";

  function render(workspace) {
    const look = lookOf(workspace);
    if (look === shown) return;
    shown = look;
    draw(workspace);
  }

  function draw(workspace) {
    const focused = root.contains(document.activeElement) ? document.activeElement.dataset.goes : null;
    const seen = workspace.visible();
    root.replaceChildren(
      top(workspace),
      el("nav.rooms", { "aria-label": "Channels and direct messages" },
        group("Channels", seen.filter((channel) => !channel.is_im).map((channel) => room(workspace, channel))),
        group("Direct messages", seen.filter((channel) => channel.is_im).map((channel) => room(workspace, channel)))),
      actors(workspace));
    if (focused) root.querySelector(`[data-goes="${CSS.escape(focused)}"]`)?.focus();
  }

  function top(workspace) {
    return el("div.workspace", {},
      el("h1", {}, workspace.team),
      el("button.icon-button.drawer-close", { type: "button", "aria-label": "Close the sidebar", onclick: close }, drawing("close")),
      connection(workspace));
  }

  function room(workspace, channel) {
    const current = channel.id === workspace.current;
    const unread = workspace.isUnread(channel.id);
    const attributes = { type: "button", "data-goes": channel.id, "aria-current": current ? "page" : null, onclick: () => open(channel.id) };
    const absent = !channel.is_im && !channel.bot_is_member;
    return el("li", {}, el(`button.room${unread ? ".unread" : ""}${absent ? ".absent" : ""}`, attributes,
      channel.is_im ? avatar(workspace.bot(), "bot") : roomIcon(channel),
      el("span.room-name", {}, workspace.title(channel)),
      channel.is_ext_shared && el("span.room-note", { title: "Shared with another company" }, drawing("shared"), el("span.unseen", {}, "shared with another company")),
      absent && el("span.room-note.no-bot", { title: "The bot is not in this channel" }, "no bot"),
      unread && el("span.dot", {}, el("span.unseen", {}, "unread"))));
  }

  function actors(workspace) {
    return el("section.actors", {},
      el("h2", { id: "act-as" }, "Act as"),
      el("ul", { "aria-labelledby": "act-as" }, workspace.people().map((user) => actor(workspace, user))));
  }

  function actor(workspace, user) {
    const chosen = user.id === workspace.acting;
    const waiting = !chosen && workspace.channels.some((channel) => channel.is_im && workspace.isUnread(channel.id, user.id));
    const attributes = { type: "button", "data-goes": user.id, "aria-pressed": String(chosen), onclick: () => act(user.id) };
    return el("li", {}, el("button.actor", attributes,
      avatar(user, user.id),
      el("span.actor-name", {}, nameOf(user, user.id)),
      standing(user) && el("span.standing", {}, standing(user)),
      waiting && el("span.dot", {}, el("span.unseen", {}, "has an unread direct message"))));
  }

  return { render };
}

/** Everything the sidebar shows, so that it is left alone, and clickable, while messages come in. */
function lookOf({ team, users, channels, acting, current, connections, unread }) {
  return JSON.stringify([team, users, channels, acting, current, connections, [...unread]]);
}

function group(title, items) {
  const id = `group-${title.split(" ")[0].toLowerCase()}`;
  return items.length > 0 && el("section", {}, el("h2", { id }, title), el("ul", { "aria-labelledby": id }, items));
}

function roomIcon(channel) {
  return el("span.room-icon", {}, drawing(channel.is_private ? "lock" : "channel"), channel.is_private && el("span.unseen", {}, "private"));
}

function connection({ connections }) {
  const words = connections === 0 ? "Bot not connected" : `Bot connected${connections > 1 ? ` · ${connections} connections` : ""}`;
  const title = `${connections} Socket Mode ${connections === 1 ? "connection" : "connections"}`;
  return el(`p.link${connections ? ".up" : ".down"}`, { title }, el("span.lamp"), words);
}
