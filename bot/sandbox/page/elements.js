/** Block Kit's interactive elements, and how each is tied to the block and the message or view it stands in. */

import { buttonElement } from "./buttons.js";
import { picture } from "./image.js";
import { checkboxesElement, filesElement, radioElement, textElement } from "./inputs.js";
import { multiSelectElement, overflowElement, selectElement } from "./selects.js";
import { unknown } from "./unknown.js";

const ELEMENTS = {
  button: buttonElement,
  image: (part) => picture(part, "img.thumbnail"),
  static_select: selectElement,
  multi_static_select: multiSelectElement,
  overflow: overflowElement,
  checkboxes: checkboxesElement,
  radio_buttons: radioElement,
  plain_text_input: textElement,
  file_input: filesElement,
};

/** The DOM node for an element of `block` in `host`; `named` holds the ids of an input block's label and hints. */
export function elementNode(part, block, host, named = {}) {
  const draw = part && Object.hasOwn(ELEMENTS, part.type) ? ELEMENTS[part.type] : unknown;
  return draw(part, kitFor(part, block, host, named));
}

/** What an element works with: its state, and what happens when it changes. Inputs tell the bot only if asked to. */
function kitFor(part, block, host, named) {
  const dispatches = block.type !== "input" || block.dispatch_action === true;
  const keep = (change) => host.form.set(block, part, change);
  const press = (extra, control) => host.press(part, block, control, extra);
  const change = (extra, control) => {
    keep(extra);
    if (dispatches) press(extra, control);
  };
  return { ...named, state: () => host.form.of(block, part), keep, change, press, dispatches, upload: host.upload };
}
