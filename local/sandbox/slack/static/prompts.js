/** Suggested prompts as buttons above a composer. */

import { fill, h } from "./dom.js";
import { dress } from "./glyphs.js";
import { isBotChannel, keyOf, state } from "./state.js";

const MOST = 4;

/** Prompts for a place: set for its thread, for its channel, or, in the app's conversation, the app's own. */
function promptsAt({ channel, thread }) {
  const set = state.prompts.get(keyOf(channel, thread));
  if (set || thread) return set ?? [];
  return isBotChannel(channel) ? (state.boot.suggested_prompts ?? []) : [];
}

export class Prompts {
  constructor(where, composer) {
    Object.assign(this, { where, composer });
    this.node = h("div", { class: "prompts", role: "group", "aria-label": "Suggested prompts", hidden: true });
  }

  draw() {
    const place = this.where();
    const prompts = place ? promptsAt(place).slice(0, MOST) : [];
    this.node.hidden = !prompts.length;
    dress(fill(this.node, prompts.map((one) => h("button", { type: "button", class: "prompt", "data-prompt": true, title: one.message, on: { click: () => this.use(one) } }, one.title || one.message))));
  }

  use(prompt) {
    this.composer.box.value = prompt.message || prompt.title;
    this.composer.submit();
    this.composer.box.focus();
  }
}
