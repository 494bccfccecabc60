/** The thread panel: beside the channel on a wide window, over everything on a phone, with its own composer. */

import { createComposer } from "./composer.js";
import { el } from "./dom.js";
import { drawing } from "./icons.js";
import { createMessageList } from "./message_list.js";
import { threadTimeline } from "./timeline.js";

/** Draws into `root`; `pane` rests while the panel covers it; `ways` is what its composer can do. */
export function createThread(root, pane, build, ways, close) {
  const narrow = window.matchMedia("(max-width: 1099px)");
  const where = el("span.thread-where");
  const scroller = el("div.scroller", { tabindex: 0, role: "region", "aria-label": "Messages of the thread" });
  const list = el("div.messages.thread-messages");
  const newer = el("button.newer", { type: "button", hidden: true }, "New replies ↓");
  const dock = el("div.dock");
  const away = el("button.icon-button", { type: "button", "aria-label": "Close the thread", onclick: close }, drawing("close"));
  scroller.append(list);
  root.append(el("header.channel-header.thread-header", {}, el("h2.channel-title", {}, "Thread"), where, el("span.spring"), away), scroller, dock);
  const composer = createComposer(dock, { id: "reply", label: "Reply", inThread: true, ...ways });
  dock.prepend(newer);
  const messages = createMessageList({ scroller, list, newer }, build);
  let shown = null;

  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) close();
  });
  narrow.addEventListener("change", () => cover(!root.hidden));

  function render(workspace) {
    const open = workspace.thread !== null && workspace.loaded && threadTimeline(workspace).length > 0;
    if (open === root.hidden) toggle(open);
    if (!open) {
      if (shown) back(shown);
      shown = null;
      return;
    }
    where.replaceChildren(workspace.here()?.is_im ? workspace.title(workspace.here()) : `#${workspace.title(workspace.here())}`);
    composer.render();
    const fresh = shown !== workspace.thread;
    if (fresh) messages.stick();
    messages.render(workspace, threadTimeline(workspace));
    shown = workspace.thread;
    if (fresh) focusIn();
  }

  function toggle(open) {
    root.hidden = !open;
    document.body.classList.toggle("threaded", open);
    cover(open);
  }

  function cover(open) {
    pane.inert = narrow.matches && open;
  }

  /** To where the thread was opened from: its bar, or its message where nobody has replied. */
  function back(ts) {
    const row = pane.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
    (pane.querySelector(`[data-action="thread-${CSS.escape(ts)}"]`) ?? row?.querySelector("[data-action=reply], .more"))?.focus({ preventScroll: true });
  }

  function focusIn() {
    if (window.matchMedia("(hover: hover)").matches) composer.focus();
    else away.focus();
  }

  return { render, say: composer.say, stick: messages.stick, pointAt: messages.pointAt };
}
