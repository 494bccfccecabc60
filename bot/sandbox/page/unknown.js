/** What this page cannot draw: it stays visible, by its type. */

import { el } from "./dom.js";

export function unknown(item) {
  return el("div.unknown", {}, `This page cannot draw “${item?.type ?? "nothing"}”`);
}
