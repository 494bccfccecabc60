/** Times in the reader's own zone: message stamps, day dividers and Slack's `<!date^…>` formats. */

import { el } from "./dom.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function show(date, options) {
  return new Intl.DateTimeFormat(undefined, options).format(date);
}

/** "1700000000.123456" as a Date. */
export function dateOf(ts) {
  return new Date(Number.parseFloat(ts) * 1000);
}

export function clock(date) {
  return show(date, { hour: "numeric", minute: "2-digit" });
}

export function fullDate(date) {
  return show(date, { dateStyle: "full", timeStyle: "medium" });
}

/** "Today", "Yesterday", "Tomorrow" or what `otherwise` says. */
function pretty(date, otherwise) {
  const days = Math.round((midnight(date) - midnight(new Date())) / (DAY * 1000));
  const word = { "-1": "Yesterday", 0: "Today", 1: "Tomorrow" }[days];
  return word ?? otherwise(date);
}

function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

export function dayOf(date) {
  return pretty(date, (day) => show(day, { weekday: "long", month: "long", day: "numeric" }));
}

function ago(date) {
  const seconds = (date.getTime() - Date.now()) / 1000;
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  if (Math.abs(seconds) < MINUTE) return words.format(Math.round(seconds), "second");
  if (Math.abs(seconds) < HOUR) return words.format(Math.round(seconds / MINUTE), "minute");
  if (Math.abs(seconds) < DAY) return words.format(Math.round(seconds / HOUR), "hour");
  return words.format(Math.round(seconds / DAY), "day");
}

function isoDay(date) {
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

const short = (date) => show(date, { dateStyle: "medium" });
const long = (date) => show(date, { dateStyle: "long" });
const longest = (date) => show(date, { dateStyle: "full" });

const TOKENS = {
  date_num: isoDay,
  date: long,
  date_pretty: (date) => pretty(date, long).toLowerCase(),
  date_short: short,
  date_short_pretty: (date) => pretty(date, short),
  date_long: longest,
  date_long_pretty: (date) => pretty(date, longest),
  time: clock,
  time_secs: (date) => show(date, { hour: "numeric", minute: "2-digit", second: "2-digit" }),
  ago,
};

function fill(format, date) {
  return format.replace(/\{(\w+)\}/g, (token, name) => (Object.hasOwn(TOKENS, name) ? TOKENS[name](date) : token));
}

/** A `time` element for Slack's date format; the fallback where the stamp is no number. */
export function dateNode(stamp, format, fallback) {
  const date = new Date(Number(stamp) * 1000);
  if (Number.isNaN(date.getTime())) return el("span", {}, fallback);
  const node = el("time", { datetime: date.toISOString(), title: fullDate(date) }, fill(format, date));
  if (format.includes("{ago}")) Object.assign(node.dataset, { stamp, format });
  return node;
}

/** Brings every "3 minutes ago" on the page up to date. */
export function refreshAgo() {
  for (const node of document.querySelectorAll("time[data-format]")) {
    node.textContent = fill(node.dataset.format, new Date(Number(node.dataset.stamp) * 1000));
  }
}
