/** The list of messages: redraws only what changed, and never moves what a person is reading. */

import { el, reconcile } from "./dom.js";

const NEAR = 48;

/**
 * Draws into `list` inside `scroller`; `newer` is the button that shows when something new is out of view.
 * `build(workspace, entry)` makes the node of an entry of the timeline.
 */
export function createMessageList({ scroller, list, newer }, build) {
  let stuck = true;
  let waiting = null;

  scroller.addEventListener("scroll", () => {
    stuck = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
    if (stuck) forgetWaiting();
  });
  newer.addEventListener("click", () => {
    rowOf(waiting)?.scrollIntoView({ block: "center", behavior: motion() });
    forgetWaiting();
  });
  const observer = new ResizeObserver(() => stuck && toBottom());
  observer.observe(scroller);
  observer.observe(list);

  function render(workspace, entries) {
    const place = stuck ? null : placeNow();
    const look = `${workspace.acting}/${workspace.current}/${workspace.users.length}`;
    reconcile(list, entries.map((entry) => ({
      key: entry.key, signature: `${look} ${JSON.stringify(entry)}`, build: () => build(workspace, entry),
    })));
    if (stuck) toBottom();
    else returnTo(place);
  }

  function placeNow() {
    const top = scroller.getBoundingClientRect().top;
    const row = [...list.children].find((node) => node.getBoundingClientRect().bottom > top);
    return row && { key: row.dataset.key, offset: row.getBoundingClientRect().top };
  }

  function returnTo(place) {
    const row = place && rowOf(place.key);
    if (row) scroller.scrollTop += row.getBoundingClientRect().top - place.offset;
  }

  function rowOf(key) {
    return key && list.querySelector(`:scope > [data-key="${CSS.escape(key)}"]`);
  }

  function toBottom() {
    scroller.scrollTop = scroller.scrollHeight;
  }

  function forgetWaiting() {
    waiting = null;
    newer.hidden = true;
  }

  /** Points at the message under `key` where it arrived out of view. */
  function pointAt(key) {
    const row = rowOf(key);
    if (!row || waiting) return;
    const { bottom, top } = scroller.getBoundingClientRect();
    const box = row.getBoundingClientRect();
    if (box.top < bottom - 20 && box.bottom > top + 20) return;
    waiting = key;
    newer.hidden = false;
  }

  function showLoading() {
    stuck = true;
    forgetWaiting();
    list.replaceChildren(el("p.loading", {}, "Loading…"));
  }

  function stick() {
    stuck = true;
  }

  return { render, pointAt, showLoading, stick };
}

function motion() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}
