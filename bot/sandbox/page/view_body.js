/** The blocks of a view, modal or Home tab: redrawn only where they changed, so that typing goes on. */

import { blockNode } from "./blocks.js";
import { el, reconcile } from "./dom.js";

/** Draws `view` into `root`; see `blockNode` for `host`. */
export function drawView(root, view, host) {
  const entries = (view.blocks ?? []).map((block, index) => ({
    key: block.block_id ?? `block-${index}`,
    signature: JSON.stringify([view.id, block, host.errors?.[block.block_id] ?? ""]),
    build: () => blockNode(block, host),
  }));
  reconcile(root, entries);
}

/** An action's payload as the control API takes it. */
export function actionOf(element, block, extra = {}) {
  return { action_id: element.action_id, block_id: block.block_id, type: element.type, ...("value" in element ? { value: element.value } : {}), ...extra };
}

export function busyView(words) {
  return el("p.loading", {}, el("span.spinner", { "aria-hidden": "true" }), words);
}
