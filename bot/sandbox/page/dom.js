/**
 * Makes DOM nodes, and nothing else does: every string becomes a text node, so that no message,
 * name or tag can become markup.
 */

const SVG = "http://www.w3.org/2000/svg";

/** An element from "tag.class.class"; attributes starting with "on" are listeners, null and false are left out. */
export function el(selector, attributes = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...present(children));
  return node;
}

function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else node.setAttribute(name, value === true ? "" : String(value));
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** A 20 by 20 line drawing made of the given path data; hidden from screen readers. */
export function icon(...paths) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  for (const data of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", data);
    svg.append(path);
  }
  return svg;
}

/** Keeps `parent`'s children equal to `entries` ({key, signature, build}), building only what changed. */
export function reconcile(parent, entries) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const wanted = entries.map((entry) => reuse(old.get(entry.key), entry));
  const keep = new Set(wanted);
  for (const node of [...parent.children]) if (!keep.has(node)) node.remove();
  wanted.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}

function reuse(node, { key, signature, build }) {
  if (node && node.dataset.signature === signature) return node;
  const made = build();
  made.dataset.key = key;
  made.dataset.signature = signature;
  if (node) replaceKeepingFocus(node, made);
  return made;
}

function replaceKeepingFocus(node, made) {
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  node.replaceWith(made);
  if (!focused) return;
  const same = [...made.querySelectorAll("button, a, [tabindex]")].find((other) => sameControl(other, focused));
  made.tabIndex = -1;
  (same ?? made).focus({ preventScroll: true });
}

function sameControl(one, other) {
  return one.tagName === other.tagName && one.dataset.action === other.dataset.action && one.textContent === other.textContent;
}
