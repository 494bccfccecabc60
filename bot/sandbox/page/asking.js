/** What the acting person asks of the local Slack: commands, messages, clicks, forms; and a word where it failed. */

import { whileBusy } from "./buttons.js";
import { nameOf } from "./people.js";
import { closeView, interact, postMessage, runCommand, runShortcut, submitView, uploadFile } from "./server.js";
import { actionOf } from "./view_body.js";

const REFUSALS = {
  not_in_channel: "You are not a member of this channel: Slack takes no messages from you here. Commands do work.",
};

export class Asking {
  /** `say(sentence)` tells the person; `begin(line)` notes a typed command, `ended()` and `views()` redraw. */
  constructor(workspace, { say, begin, ended, views }) {
    Object.assign(this, { workspace, say, begin, ended, views });
  }

  run = async (line) => {
    const text = line.replace(/^\/aws\s*/i, "");
    const echo = this.begin(`/aws ${text}`.trim());
    try {
      await runCommand(echo.channel, echo.user, text);
    } catch {
      echo.lost = true;
    }
    echo.pending = false;
    this.ended();
  };

  /** Nothing when Slack took the message, or a sentence why it did not. */
  post = async (text, files, thread) => {
    const { acting, current } = this.workspace;
    const more = { ...(thread ? { thread_ts: thread } : {}), ...(files.length ? { files: files.map(({ id }) => id) } : {}) };
    const answer = await postMessage(current, acting, text, more).catch(() => null);
    return answer?.ok ? "" : (REFUSALS[answer?.error] ?? "The local Slack did not take the message. Try again.");
  };

  upload = (file) => uploadFile(this.workspace.current, this.workspace.acting, file);

  press = async (message, element, block, control, extra) => {
    const { acting, current } = this.workspace;
    const taken = await this.#use(control, () => interact(acting, current, { messageTs: message.ts }, actionOf(element, block, extra)));
    if (!taken) this.say(`${nameOf(this.workspace.bot())} did not take that click. Try again.`);
  };

  /** True when the bot acknowledged. */
  pressView = (view, element, block, control, extra, values) => {
    const { acting, current } = this.workspace;
    return this.#use(control, () => interact(acting, current, { view_id: view.id, values }, actionOf(element, block, extra)));
  };

  async #use(control, work) {
    const answer = await whileBusy(control, work).catch(() => null);
    return answer?.outcome === "acked";
  }

  submit = async (view, values) => {
    const answer = await submitView(this.workspace.acting, view.id, values);
    await this.views();
    return answer;
  };

  close = async (view) => {
    await closeView(this.workspace.acting, view.id).catch(() => null);
    await this.views();
  };

  shortcut = async (message, id, label) => {
    const { acting, current } = this.workspace;
    const answer = await runShortcut(acting, current, message.ts, id).catch(() => null);
    if (answer?.outcome !== "acked") this.say(`${label} did not reach the bot. Try again.`);
  };
}
