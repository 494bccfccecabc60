/** What a person has put into the elements of a view, as Slack's state objects, kept when the bot updates the view. */

const BEGIN = {
  plain_text_input: (part) => ({ value: part.initial_value ?? null }),
  static_select: (part) => ({ selected_option: part.initial_option ?? null }),
  radio_buttons: (part) => ({ selected_option: part.initial_option ?? null }),
  multi_static_select: (part) => ({ selected_options: part.initial_options ?? [] }),
  checkboxes: (part) => ({ selected_options: part.initial_options ?? [] }),
  file_input: () => ({ files: [] }),
};

export class FormState {
  constructor() {
    this.held = new Map();
  }

  /** The state of an element: what was put in, or what the bot put there first. */
  of(block, part) {
    const key = keyOf(block, part);
    if (!fits(part, this.held.get(key))) this.held.set(key, { type: part.type, ...BEGIN[part.type]?.(part) });
    return this.held.get(key);
  }

  set(block, part, change) {
    this.held.set(keyOf(block, part), { ...this.of(block, part), ...change });
  }

  /** Everything in `blocks` as Slack's `state.values`: by block_id, then by action_id. */
  values(blocks) {
    const told = {};
    for (const block of blocks) {
      for (const part of partsOf(block)) {
        (told[block.block_id] ??= {})[part.action_id] = this.of(block, part);
      }
    }
    return told;
  }
}

/** Why each input of `blocks` cannot be sent yet, by block_id; empty where all is well. */
export function incomplete(blocks, form) {
  const inputs = blocks.filter((block) => block.type === "input");
  const problems = inputs.map((block) => [block.block_id, problemOf(block, form.of(block, block.element))]);
  return Object.fromEntries(problems.filter(([, problem]) => problem));
}

function problemOf(block, state) {
  const typed = (state.value ?? "").length;
  const least = block.element.min_length ?? 0;
  if (isEmpty(state)) return block.optional ? "" : "Please complete this required field.";
  if (state.type === "plain_text_input" && typed < least) return `Please use at least ${least} characters (now ${typed}).`;
  return "";
}

function isEmpty(state) {
  const held = state.value ?? state.selected_option ?? state.selected_options ?? state.files ?? "";
  return held.length === 0;
}

/** False for what an update has left no place for: another kind of element, or a choice it no longer offers. */
function fits(part, state) {
  if (state?.type !== part.type) return false;
  const offered = (part.option_groups ?? [part]).flatMap((group) => group.options ?? []).map(({ value }) => value);
  const chosen = [state.selected_option, ...(state.selected_options ?? [])].filter(Boolean);
  return chosen.every(({ value }) => offered.includes(value));
}

function partsOf(block) {
  const parts = [block.element, block.accessory, ...(block.type === "actions" ? (block.elements ?? []) : [])];
  return parts.filter((part) => part && Object.hasOwn(BEGIN, part.type));
}

function keyOf(block, part) {
  return `${block.block_id}/${part.action_id}`;
}
