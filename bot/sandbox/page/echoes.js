/**
 * What a person typed, remembered by this page alone: Slack shows a slash command to nobody, so its only
 * trace is this quiet line, with a spinner until the bot has acknowledged.
 */

let next = 1;

export class Echoes {
  constructor() {
    this.all = [];
  }

  /** Notes `text` after the newest of `messages`, as under way. */
  begin({ acting, current }, text, messages) {
    const echo = { id: next++, user: acting, channel: current, text, after: messages.at(-1)?.ts ?? "0", at: Date.now(), pending: true, lost: false };
    this.all.push(echo);
    return echo;
  }

  /** The lines of the open channel that stand after `ts` and before `until`. */
  between({ acting, current }, ts, until) {
    const mine = this.all.filter((echo) => echo.user === acting && echo.channel === current && !echo.public);
    return mine.filter((echo) => Number(echo.after) >= Number(ts) && Number(echo.after) < Number(until));
  }

  /** An answer for all to see shows the command as a message: its line here would then stand twice. */
  settle(message) {
    const echo = this.all.find((one) => !one.public && one.user === message.user && one.text === message.text);
    if (echo) echo.public = true;
  }

  clear() {
    this.all = [];
  }
}
