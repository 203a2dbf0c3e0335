/** What a person can do with a message. */

import { attempt, post } from "./api.js";
import { announce, h } from "./dom.js";
import { emojiOf, QUICK_REACTIONS } from "./emoji.js";
import { canShow } from "./glyphs.js";
import { icon } from "./icons.js";
import { closePopup, openMenu, popupFor, roving, showPopup } from "./popup.js";
import { emit, rootOf } from "./state.js";

function toggle(message, name, mine) {
  return attempt(() => post("/page/reaction", { channel: message.channel, ts: message.ts, name, add: !mine }));
}

/** A grid of common reactions beside `anchor`. */
function react(anchor, message) {
  if (popupFor(anchor)) return closePopup();
  const pick = (name) => () => {
    closePopup();
    anchor.focus({ preventScroll: true });
    toggle(message, name, false);
  };
  const buttons = QUICK_REACTIONS.filter((name) => canShow(emojiOf(name))).map((name) => h("button", {
    type: "button", role: "menuitem", tabindex: "-1", class: "emoji-button", "aria-label": name.replaceAll("_", " "), title: `:${name}:`, on: { click: pick(name) },
  }, emojiOf(name)));
  const keys = (event) => {
    if (event.key === "Escape" || event.key === "Tab") {
      event.stopPropagation();
      closePopup();
      anchor.focus({ preventScroll: true });
    } else roving(event, buttons, event.key === "ArrowDown" || event.key === "ArrowUp");
  };
  showPopup(h("div", { class: "emoji-grid", role: "menu", "aria-label": "Reactions", on: { keydown: keys } }, buttons), anchor, { align: "end" });
  buttons[0].focus();
  return true;
}

function shortcut(message, one) {
  return attempt(() => post("/page/shortcut", { callback_id: one.callback_id, channel: message.channel, message_ts: message.ts }));
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce("Copied.");
    emit("toast", { text: "Copied.", level: "info" });
  } catch {
    emit("toast", { text: "The browser does not allow copying here.", level: "error" });
  }
}

function more(anchor, message, shortcuts) {
  openMenu(anchor, "More actions", [
    ...shortcuts.map((one) => ({ label: one.name, icon: icon("bolt", 16), run: () => shortcut(message, one) })),
    { label: "Copy the text", icon: icon("copy", 16), run: () => copy(message.text ?? "") },
    { label: "Copy the message id", icon: icon("link", 16), run: () => copy(message.ts) },
  ]);
}

const thread = (message) => emit("open-thread", { channel: message.channel, ts: rootOf(message), focus: true });

export const act = { toggle, react, shortcut, more, thread };
