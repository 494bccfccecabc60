/** Files in words: their size, their kind, and what can be shown of them. */

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];
const PICTURES = new Set(["png", "jpg", "jpeg", "gif", "webp"]);
const TEXTS = new Set(["txt", "text", "log", "csv", "tsv", "json", "jsonl", "ndjson", "yml", "yaml", "md", "py", "js", "sh", "conf", "ini", "toml", "xml", "html", "css", "sql"]);

/** "1.4 MB", in powers of 1000 as Slack counts. */
export function sizeOf(bytes) {
  if (!Number.isFinite(bytes)) return "";
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const amount = bytes / 1000 ** power;
  const shown = new Intl.NumberFormat(undefined, { maximumFractionDigits: power && amount < 100 ? 1 : 0 }).format(amount);
  return `${shown} ${bytes === 1 ? "byte" : UNITS[power]}`;
}

function ending(name) {
  return /\.([a-z0-9]+)$/i.exec(name ?? "")?.[1].toLowerCase() ?? "";
}

export function isPicture(file) {
  return PICTURES.has(ending(file.name)) || /^image\/(png|jpeg|gif|webp)$/.test(file.mimetype ?? "");
}

export function isText(file) {
  return TEXTS.has(ending(file.name)) || /^text\/|[/+]json$/.test(file.mimetype ?? "");
}

/** "CSV", "PNG" or "File". */
export function kindOf(file) {
  return ending(file.name).toUpperCase() || "File";
}

/** The name of a drawing for a file. */
export function fileIcon(file) {
  return isPicture(file) ? "picture" : isText(file) ? "page" : "file";
}
