/** The table block: a header row, aligned columns, and its own sideways scrolling. */

import { el } from "./dom.js";
import { richText } from "./rich_text.js";

/** A `table` block; its first row is the header, as in Slack. */
export function table(block) {
  const [head = [], ...rows] = block.rows ?? [];
  const settings = block.column_settings ?? [];
  const label = `Table, ${rows.length} ${rows.length === 1 ? "row" : "rows"}`;
  return el("div.table-box", { tabindex: 0, role: "region", "aria-label": label },
    el("table", {},
      el("thead", {}, row(head, settings, "th")),
      el("tbody", {}, rows.map((cells) => row(cells, settings, "td")))));
}

function row(cells, settings, tag) {
  return el("tr", {}, cells.map((cell, column) => cellNode(cell, settings[column], tag)));
}

function cellNode(cell, setting, tag) {
  const align = ["center", "right"].includes(setting?.align) ? `.${setting.align}` : "";
  const wrapped = setting?.is_wrapped ? ".wrapped" : "";
  return el(`${tag}${align}${wrapped}`, tag === "th" ? { scope: "col" } : {}, content(cell));
}

function content(cell) {
  if (cell?.type === "rich_text") return richText(cell.elements ?? []);
  return String(cell?.text ?? "");
}
