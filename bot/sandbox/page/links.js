/** Links that may be followed: http, https and mailto; anything else is shown as text. */

import { el } from "./dom.js";

const SAFE = new Set(["http:", "https:", "mailto:"]);

export function safeUrl(url) {
  try {
    return SAFE.has(new URL(url).protocol) ? url : null;
  } catch {
    return null;
  }
}

export function link(url, ...label) {
  if (!safeUrl(url)) return el("span", {}, ...label);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, ...label);
}

/** The address of an image this very server serves, or null: the page asks nobody else for anything. */
export function localImage(url) {
  try {
    const address = new URL(url, location.href);
    return address.origin === location.origin ? address.href : null;
  } catch {
    return null;
  }
}
