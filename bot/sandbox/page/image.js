/** Block Kit's images: files of this Slack, and what this very server serves; nobody else is asked for anything. */

import { el } from "./dom.js";
import { localImage } from "./links.js";
import { fileAddress } from "./server.js";

export function picture(part, selector) {
  const source = part.slack_file?.id ? fileAddress(part.slack_file.id) : localImage(part.image_url ?? part.slack_file?.url ?? "");
  if (!source) return el("span.unknown", {}, part.alt_text || "image from elsewhere");
  return el(selector, { src: source, alt: part.alt_text ?? "", loading: "lazy" });
}
