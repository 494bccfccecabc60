/** People in words and colour: avatars with initials, names, and what is special about an account. */

import { el } from "./dom.js";
import { drawing } from "./icons.js";

const HUES = 8;
const SLACKBOT = "USLACKBOT";

const met = new Map();

/** In the order in which people are first drawn, so that no two neighbours look alike. */
function hueOf(id) {
  if (!met.has(id)) met.set(id, met.size % HUES);
  return met.get(id);
}

function initials(name) {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const letters = words.length > 1 ? words[0][0] + words[1][0] : name.slice(0, 2);
  return letters.toUpperCase();
}

export function nameOf(user, id) {
  if (id === SLACKBOT) return "Slackbot";
  return user?.name || user?.real_name || id || "unknown";
}

/** A coloured square with initials; a bot's has a cloud. */
export function avatar(user, id) {
  if (user?.is_bot || id === SLACKBOT) return el(`span.avatar.${user ? "bot" : "slackbot"}`, { "aria-hidden": "true" }, drawing(user ? "cloud" : "thread"));
  return el(`span.avatar.hue-${hueOf(id ?? "")}`, { "aria-hidden": "true" }, initials(user?.real_name || nameOf(user, id)));
}

/** "admin", "guest", "other company", or nothing. */
export function standing(user) {
  if (user?.is_stranger) return "other company";
  if (user?.is_guest) return "guest";
  return user?.is_admin ? "admin" : "";
}
