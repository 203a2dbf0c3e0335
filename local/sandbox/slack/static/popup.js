/** Things that float beside a control: menus, pickers' lists, the reaction grid. One is open at a time. */

import { h } from "./dom.js";
import { dress } from "./glyphs.js";

let open = null; // {node, anchor, onClose}

const EDGE = 8, GAP = 4;

/** Where room ends below a control: at its form's buttons, which stay in reach, or at the window's end. */
function floorOf(anchor) {
  const foot = anchor.closest("form")?.querySelector(".dialog-foot");
  return foot && !foot.contains(anchor) ? foot.getBoundingClientRect().top : innerHeight;
}

/** Below where it fits, else above where it fits, else on the side with more room, cut to it. Never over the control. */
function place(node, anchor, align) {
  const box = anchor.getBoundingClientRect();
  node.style.maxHeight = "";
  const [width, height] = [node.offsetWidth, node.offsetHeight];
  const above = box.top - GAP - EDGE;
  const below = innerHeight - box.bottom - GAP - EDGE;
  const fitsBelow = floorOf(anchor) - box.bottom - GAP >= height;
  const up = !fitsBelow && (above >= height || above > below);
  const room = up ? above : below;
  if (height > room) node.style.maxHeight = `${Math.max(room, 80)}px`;
  const top = up ? box.top - GAP - node.offsetHeight : box.bottom + GAP;
  const left = align === "end" ? box.right - width : box.left;
  node.style.top = `${Math.max(EDGE, Math.min(top, innerHeight - node.offsetHeight - EDGE))}px`;
  node.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
}

/** Show `node` at `anchor`. `options`: align "start" | "end", width "anchor" to be at least as wide, onClose. */
export function showPopup(node, anchor, options = {}) {
  closePopup();
  dress(node);
  node.classList.add("popup");
  document.getElementById("overlay").append(node);
  if (options.width === "anchor") node.style.minWidth = `${Math.min(anchor.offsetWidth, innerWidth - 16)}px`;
  place(node, anchor, options.align);
  open = { node, anchor, align: options.align, onClose: options.onClose };
}

export function replacePopup() {
  if (open?.anchor.isConnected) place(open.node, open.anchor, open.align);
}

export const popupFor = (anchor) => (open?.anchor === anchor ? open.node : null);

export function closePopup() {
  if (!open) return false;
  const { node, onClose } = open;
  open = null;
  node.remove();
  onClose?.();
  return true;
}

addEventListener("pointerdown", (event) => {
  if (open && !open.node.contains(event.target) && !open.anchor.contains(event.target)) closePopup();
}, true);
addEventListener("resize", () => replacePopup());
addEventListener("scroll", (event) => {
  if (open && !open.node.contains(event.target)) open.anchor.isConnected ? replacePopup() : closePopup();
}, true);

/** Arrow keys, Home, End and first letters move among `items`; used by menus, tabs and grids. */
export function roving(event, items, vertical = true) {
  const at = items.indexOf(document.activeElement);
  const [forward, backward] = vertical ? ["ArrowDown", "ArrowUp"] : ["ArrowRight", "ArrowLeft"];
  const moves = { [forward]: at + 1, [backward]: at - 1, Home: 0, End: items.length - 1 };
  if (!(event.key in moves) || !items.length) return false;
  event.preventDefault();
  items[(moves[event.key] + items.length) % items.length].focus();
  return true;
}

function typed(event, items) {
  if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey || event.key === " ") return;
  const at = items.indexOf(document.activeElement);
  const rest = [...items.slice(at + 1), ...items.slice(0, at + 1)];
  rest.find((item) => item.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
}

/** A menu at `anchor`. Entries: {label (nodes), description?, run, danger?, href?}. Focus goes in, and back when it closes. */
export function openMenu(anchor, label, entries, align = "end") {
  if (popupFor(anchor)) return closePopup();
  let chosen = null;
  const choose = (entry) => () => {
    chosen = entry;
    closePopup();
  };
  const items = entries.map((entry) => h("button", {
    type: "button", role: "menuitem", tabindex: "-1", class: entry.danger ? "menu-item danger" : "menu-item",
    data: { value: entry.value }, on: { click: choose(entry) },
  }, h("span", { class: "menu-label" }, entry.icon, entry.label), entry.description && h("span", { class: "menu-hint" }, entry.description)));
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label, on: { keydown: (event) => keys(event, items) } }, items);
  anchor.setAttribute("aria-expanded", "true");
  showPopup(menu, anchor, { align, onClose: () => {
    anchor.setAttribute("aria-expanded", "false");
    if (chosen || document.activeElement === document.body) anchor.focus({ preventScroll: true });
    chosen?.run();
  } });
  items[0]?.focus();
  return true;
}

function keys(event, items) {
  if (event.key === "Tab") closePopup();
  else if (event.key === "Escape") {
    event.stopPropagation();
    closePopup();
  } else if (!roving(event, items)) typed(event, items);
}
