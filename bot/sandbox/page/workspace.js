/** What the page knows: the workspace, who is acting where, the messages in view, and what is unread. */

const LOUD = /failed with the error/;

export class Workspace {
  constructor() {
    this.team = "";
    this.users = [];
    this.channels = [];
    this.groups = [];
    this.connections = 0;
    this.acting = null;
    this.current = null;
    this.thread = null;
    this.tab = "messages";
    this.messages = new Map();
    this.loaded = false;
    this.modals = [];
    this.home = null;
    this.homeLoaded = false;
    this.unread = new Set();
  }

  /** Takes the server's state; the quick start's person and channel come first there. */
  take(state) {
    this.team = typeof state.team === "string" ? state.team : (state.team?.name ?? "Local Slack");
    this.users = state.users ?? [];
    this.channels = state.channels ?? [];
    this.groups = state.groups ?? [];
    this.connections = state.connections ?? 0;
    if (!this.people().some((user) => user.id === this.acting)) this.acting = this.people()[0]?.id ?? null;
    this.settle();
  }

  /** Makes sure that the acting person sits in a channel they may see. */
  settle() {
    const seen = this.visible();
    if (!seen.some((channel) => channel.id === this.current)) this.current = seen[0]?.id ?? null;
  }

  people() {
    return this.users.filter((user) => !user.is_bot && !user.deleted && user.id !== "USLACKBOT");
  }

  /** The team's own bot: the one the connections belong to. */
  bot() {
    return this.users.find((user) => user.is_bot && user.id !== "USLACKBOT");
  }

  user(id) {
    return this.users.find((user) => user.id === id);
  }

  channel(id) {
    return this.channels.find((channel) => channel.id === id);
  }

  here() {
    return this.channel(this.current);
  }

  me() {
    return this.user(this.acting);
  }

  /** Channels and direct messages that `user` can open. */
  visible(user = this.acting) {
    return this.channels.filter((channel) => this.maySee(channel, user));
  }

  maySee(channel, id) {
    if (channel.members?.includes(id)) return true;
    const user = this.user(id);
    return !channel.is_private && !channel.is_im && !!user && !user.is_guest && !user.is_stranger;
  }

  /** A channel's name as the acting person reads it; a direct message bears the other side's name. */
  title(channel) {
    if (!channel?.is_im) return channel?.name ?? "";
    const other = channel.members?.find((id) => id !== this.acting);
    return (this.user(other) ?? this.bot())?.name ?? "direct message";
  }

  /** Where a person is, as it stands in the address: who/channel/thread or "home". */
  get place() {
    const within = this.atHome ? "home" : this.thread;
    return [this.acting, this.current, within].filter(Boolean).join("/");
  }

  set place(words) {
    const [acting, current, within] = words.split("/");
    Object.assign(this, { acting: acting || null, current: current || null, tab: within === "home" ? "home" : "messages" });
    this.thread = within && within !== "home" ? within : null;
  }

  /** True where the bot's Home tab is in view. */
  get atHome() {
    return Boolean(this.here()?.is_im) && this.tab === "home";
  }

  /** What one types to mention people, the bot first: name and id. */
  mentionable() {
    const others = this.users.filter((user) => !user.deleted && user.id !== this.bot()?.id && user.id !== "USLACKBOT");
    return [this.bot(), ...others].filter(Boolean);
  }

  replaceMessages(messages) {
    this.messages = new Map(messages.map((message) => [keyOf(message), message]));
    this.loaded = true;
  }

  /** Applies one event of the stream to the open channel; true when what is shown may have changed. */
  apply({ type, channel, message }) {
    if (channel !== this.current || !message) return false;
    if (type === "delete") return this.forget(message.ts);
    if (message.ephemeral_to && message.ephemeral_to !== this.acting) return false;
    this.messages.set(keyOf(message), message);
    return true;
  }

  forget(ts) {
    for (const [key, message] of this.messages) if (message.ts === ts) this.messages.delete(key);
    return true;
  }

  /** True when a message in view carries this file. */
  shows(file) {
    return [...this.messages.values()].some((message) => message.files?.some(({ id }) => id === file?.id));
  }

  sorted() {
    return [...this.messages.values()].sort((one, other) => Number.parseFloat(one.ts) - Number.parseFloat(other.ts) || compare(one.ts, other.ts));
  }

  /** Notes a new message as unread for everybody who may see it and does not have it open. */
  noteUnread(id, message) {
    const channel = this.channel(id);
    if (!channel) return;
    for (const user of this.people()) {
      const open = user.id === this.acting && id === this.current;
      const sees = message.ephemeral_to ? message.ephemeral_to === user.id : this.maySee(channel, user.id);
      if (sees && !open && message.user !== user.id) this.unread.add(`${user.id}/${id}`);
    }
  }

  isUnread(channel, user = this.acting) {
    return this.unread.has(`${user}/${channel}`);
  }

  markRead() {
    this.unread.delete(`${this.acting}/${this.current}`);
  }
}

export function keyOf(message) {
  return `${message.ts}/${message.ephemeral_to ?? ""}`;
}

/** True for Slack's own red lines: a command that timed out or could not be delivered. */
export function isFailure(message) {
  return Boolean(message.ephemeral_to) && !message.blocks?.length && LOUD.test(message.text ?? "");
}

function compare(one, other) {
  return one < other ? -1 : Number(one > other);
}
