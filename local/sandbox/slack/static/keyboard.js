/** Shortcuts for the whole page, the list of them, and the quick switcher. */

import { dialogHead, dialogOpen, openDialog } from "./dialog.js";
import { h, uid } from "./dom.js";
import { picker } from "./picker.js";
import { channelName, emit, on, state } from "./state.js";

const LIST = [
  ["Everywhere", [["?", "This list"], ["Ctrl K", "Go to a conversation"], ["Alt ↑ / Alt ↓", "Conversation above / below"], ["F6", "Next part of the page"], ["Esc", "Close a menu, dialog or thread"]]],
  ["Message box", [["Enter", "Send"], ["Shift Enter", "New line"], ["/", "Slash commands"], ["@  #  :", "People, channels, emoji"], ["↑", "In an empty box: what you sent before"]]],
  ["Messages", [["↑ ↓ Home End", "From message to message"], ["Enter", "Open the thread"], ["t", "Reply in thread"], ["r", "Add a reaction"], ["l", "First shortcut of the app"], ["m", "More actions"], ["Tab", "Into a message's buttons"]]],
];

const keys = (text) => text.split(/(?<=\S) (?=[^/]*$)|(?<=\S) (?=\S)/).map((part) => (part === "/" && text.length > 1 ? part : h("kbd", {}, part)));

function help() {
  if (dialogOpen()) return;
  const titleId = uid("help");
  const sections = LIST.map(([title, rows]) => h("section", { class: "help-group" }, h("h3", {}, title),
    h("dl", {}, rows.map(([key, text]) => h("div", {}, h("dt", {}, keys(key)), h("dd", {}, text))))));
  const panel = h("div", { class: "dialog-help" }, dialogHead(titleId, "Keyboard shortcuts", () => close()), h("div", { class: "dialog-body help" }, sections));
  const close = openDialog(panel, { labelledby: titleId });
}

function jump() {
  if (dialogOpen()) return;
  const titleId = uid("jump");
  const options = state.boot.channels.map((one) => ({ value: one.id, text: { type: "plain_text", emoji: false, text: one.kind === "im" ? channelName(one) : `#${one.name}` } }));
  const list = picker({ type: "static_select", action_id: "jump", options, placeholder: { type: "plain_text", text: "Where to?" } });
  const panel = h("div", { class: "dialog-small" }, dialogHead(titleId, "Go to a conversation", () => close()), h("div", { class: "dialog-body", "data-input": "" }, list));
  list.addEventListener("fieldchange", () => {
    const id = list.__field.read().selected_option?.value;
    close();
    if (id) emit("go", { channel: id, focus: true });
  });
  const close = openDialog(panel, { labelledby: titleId, initial: () => list.querySelector("input") });
}

function neighbour(by) {
  const rows = [...document.querySelectorAll("#sidebar .side-row")].map((row) => row.dataset.channel);
  const at = rows.indexOf(state.channel);
  const id = rows[(at + by + rows.length) % rows.length];
  if (id) emit("go", { channel: id, focus: true });
}

/** F6 walks through the parts of the page. */
function nextPart() {
  const parts = ["sidebar", "header", state.tab === "home" ? "home" : "messages", "composer", "thread-messages", "thread-composer"]
    .map((id) => document.getElementById(id)).filter((node) => node?.getClientRects().length);
  const at = parts.findIndex((node) => node.contains(document.activeElement));
  const part = parts[(at + 1) % parts.length];
  const target = part.matches("textarea") ? part : part.querySelector('[aria-current="page"], [tabindex="0"], button, a[href]') ?? part;
  target.focus();
}

const typing = (node) => node?.matches?.("input, textarea, select, [contenteditable]");

function key(event) {
  if (event.defaultPrevented || dialogOpen()) return;
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key.toLowerCase() === "k") jump();
  else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) neighbour(event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "F6") nextPart();
  else if (event.key === "?" && !typing(event.target)) help();
  else if (event.key === "/" && !typing(event.target)) emit("compose", "/");
  else return;
  event.preventDefault();
}

export function startKeyboard() {
  document.addEventListener("keydown", key);
  on("help", help);
}
