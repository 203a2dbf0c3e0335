/** Short notes in a corner, and the banner that says the sandbox is away. */

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { emit, on } from "./state.js";

const STAY = 6000;
const GRACE = 1200; // a reconnect shorter than this needs no banner

const ICONS = { error: "cross", warning: "alert", info: "info", success: "check" };

function toast({ text, level }) {
  const kind = ICONS[level] ? level : level === "warn" ? "warning" : "info";
  const node = h("div", { class: `toast toast-${kind}` }, icon(ICONS[kind]), h("span", { class: "toast-text" }, text));
  const gone = () => node.remove();
  node.append(h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss", on: { click: gone } }, icon("close", 14)));
  let timer = setTimeout(gone, STAY);
  node.addEventListener("pointerenter", () => clearTimeout(timer));
  node.addEventListener("focusin", () => clearTimeout(timer));
  node.addEventListener("pointerleave", () => { timer = setTimeout(gone, STAY / 2); });
  const root = document.getElementById("toasts");
  root.append(node);
  while (root.children.length > 4) root.firstChild.remove();
}

let timer = null;

function banner(reachable) {
  const node = document.getElementById("banner");
  clearTimeout(timer);
  timer = null;
  if (reachable) {
    node.hidden = true;
    node.replaceChildren();
    return;
  }
  if (!node.hidden) return;
  timer = setTimeout(() => {
    node.hidden = false;
    fill(node, icon("alert", 16), h("span", {}, "The sandbox is not answering. Trying again; nothing you typed is lost."),
      h("button", { type: "button", class: "button small", on: { click: () => emit("retry") } }, "Try now"));
  }, GRACE);
}

export function startToasts() {
  on("toast", toast);
  on("reachable", banner);
}
