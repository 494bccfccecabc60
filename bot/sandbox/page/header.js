/** The line above the messages: where one is, who listens there, and the theme. */

import { el } from "./dom.js";
import { drawing } from "./icons.js";

/** Draws into `root` and, for what a person must know about this channel, into `notice`. */
export function createHeader(root, notice, { openDrawer, toggleTheme }) {
  const dot = el("span.dot", { hidden: true }, el("span.unseen", {}, "unread messages elsewhere"));
  const title = el("h2.channel-title");
  const about = el("p.channel-about");
  const members = el("span.members");
  root.append(
    el("button.icon-button.drawer-open", { type: "button", "aria-label": "Open the sidebar", "aria-controls": "sidebar", onclick: openDrawer }, drawing("menu"), dot),
    title, about, el("span.spring"), members,
    el("button.icon-button", { type: "button", "aria-label": "Switch between light and dark", title: "Light or dark", onclick: toggleTheme }, drawing("theme")));
  let said = "";

  function render(workspace, online) {
    const channel = workspace.here();
    dot.hidden = !workspace.visible().some(({ id }) => workspace.isUnread(id));
    if (channel) nameChannel(workspace, channel);
    say(noticeFor(workspace, channel, online));
  }

  function nameChannel(workspace, channel) {
    const name = workspace.title(channel);
    document.title = `${channel.is_im ? "" : "#"}${name} · ${workspace.team}`;
    title.replaceChildren(...(channel.is_im ? [] : [drawing(channel.is_private ? "lock" : "channel")]), el("span", {}, name));
    about.textContent = aboutOf(channel);
    members.hidden = channel.is_im;
    const count = String(channel.members?.length ?? 0);
    members.replaceChildren(drawing("people"), count, el("span.unseen", {}, " members"));
  }

  function say(words) {
    if (words === said) return;
    said = words;
    notice.replaceChildren(...(words ? [drawing("warning"), el("span", {}, words)] : []));
  }

  return { render };
}

function aboutOf(channel) {
  if (channel.is_im) return "Direct message with the bot";
  if (channel.is_ext_shared) return "Shared with another company";
  return channel.is_private ? "Private channel" : "Public channel";
}

function noticeFor(workspace, channel, online) {
  if (!online) return "The local Slack does not answer. This page reconnects by itself.";
  if (!channel) return "";
  if (workspace.connections === 0) return "The bot is not connected: commands will fail and messages go unheard until it is.";
  if (!channel.is_im && !channel.bot_is_member) return "The bot is not in this channel. It hears commands typed here, but no messages, and cannot post for all to see.";
  return "";
}
