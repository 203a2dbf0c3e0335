/** Dialogs: the keyboard stays inside, Esc closes, and it goes back to where it was. */

import { h, uid } from "./dom.js";
import { icon } from "./icons.js";
import { closePopup } from "./popup.js";

const FOCUSABLE = 'a[href], button:not(:disabled), input:not(:disabled), textarea:not(:disabled), select:not(:disabled), summary, [tabindex="0"]';
const stack = [];

const visible = (node) => node.getClientRects().length > 0;
export const focusables = (root) => [...root.querySelectorAll(FOCUSABLE)].filter((node) => visible(node) && node.tabIndex >= 0);

function trap(event, panel) {
  const items = focusables(panel);
  if (event.key !== "Tab" || !items.length) return;
  const at = items.indexOf(document.activeElement);
  const leaving = event.shiftKey ? at <= 0 : at === items.length - 1 || at < 0;
  if (!leaving) return;
  event.preventDefault();
  items[event.shiftKey ? items.length - 1 : 0].focus();
}

function shellInert(on) {
  for (const id of ["shell"]) document.getElementById(id).toggleAttribute("inert", on);
  stack.forEach((entry, index) => entry.backdrop.toggleAttribute("inert", index < stack.length - 1));
}

/** Where the keyboard was, in words that outlive a patch of that place. */
function bookmark() {
  const node = document.activeElement;
  if (!node || node === document.body) return () => document.getElementById("composer");
  const message = node.closest("[data-ts]")?.dataset.ts;
  const pane = node.closest(".messages")?.id;
  return () => {
    if (node.isConnected && visible(node)) return node;
    return (message && document.querySelector(`#${pane} [data-ts="${CSS.escape(message)}"]`)) || document.getElementById("composer");
  };
}

/** Show `panel` as a dialog. Returns a function that closes it. `onEscape` decides what Esc does (default: close). */
export function openDialog(panel, { label, labelledby, onEscape, onClose, role = "dialog", initial } = {}) {
  closePopup();
  const restore = bookmark();
  panel.classList.add("dialog");
  for (const [name, value] of Object.entries({ role, "aria-modal": "true", "aria-label": label, "aria-labelledby": labelledby, tabindex: "-1" })) {
    if (value) panel.setAttribute(name, value);
  }
  const backdrop = h("div", { class: "backdrop" }, panel);
  const entry = { backdrop };
  const close = () => {
    if (!stack.includes(entry)) return;
    stack.splice(stack.indexOf(entry), 1);
    closePopup();
    backdrop.remove();
    shellInert(stack.length > 0);
    restore()?.focus({ preventScroll: true });
    onClose?.();
  };
  backdrop.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (!closePopup()) (onEscape ?? close)();
    } else trap(event, panel);
  });
  document.getElementById("modals").append(backdrop);
  stack.push(entry);
  shellInert(true);
  (initial?.() ?? focusables(panel)[0] ?? panel).focus({ preventScroll: true });
  return close;
}

export const dialogOpen = () => stack.length > 0;

/** A head with title and close button; `back` adds a way to the dialog beneath. */
export function dialogHead(titleId, title, onClose, onBack) {
  return h("header", { class: "dialog-head" },
    onBack && h("button", { type: "button", class: "icon-button", "aria-label": "Back", on: { click: onBack } }, icon("back")),
    h("h2", { id: titleId, class: "dialog-title" }, title),
    h("button", { type: "button", class: "icon-button", "aria-label": "Close", "data-close": true, on: { click: onClose } }, icon("close")));
}

/** Ask before a dangerous step. `texts`: {title, text (nodes), confirm, deny, danger}. Resolves to true or false. */
export function confirmDialog(texts) {
  return new Promise((resolve) => {
    const titleId = uid("confirm");
    let answer = false;
    const finish = (value) => () => {
      answer = value;
      close();
    };
    const deny = h("button", { type: "button", class: "button", "data-deny": true, on: { click: finish(false) } }, texts.deny);
    const confirm = h("button", { type: "button", class: texts.danger ? "button danger" : "button primary", "data-confirm": true, on: { click: finish(true) } }, texts.confirm);
    const panel = h("div", { class: "dialog-small" }, dialogHead(titleId, texts.title, finish(false)),
      h("div", { class: "dialog-body rich" }, texts.text), h("footer", { class: "dialog-foot" }, deny, confirm));
    const close = openDialog(panel, { labelledby: titleId, role: "alertdialog", initial: () => (texts.danger ? deny : confirm), onClose: () => resolve(answer) });
  });
}

/** Ask for one line. `texts`: {title, label, confirm, value?, placeholder?}. Resolves to the text, or null. */
export function askText(texts) {
  return new Promise((resolve) => {
    const titleId = uid("ask");
    let answer = null;
    const box = h("input", { class: "input", id: uid("line"), maxlength: 80, autocomplete: "off", value: texts.value ?? "", placeholder: texts.placeholder });
    const finish = () => {
      if (!box.value.trim()) return box.focus();
      answer = box.value.trim();
      return close();
    };
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault(); // or the key would press the button that gets the focus back
      finish();
    });
    const panel = h("div", { class: "dialog-small" }, dialogHead(titleId, texts.title, () => close()),
      h("div", { class: "dialog-body" }, h("label", { class: "field-label", for: box.id }, texts.label), box),
      h("footer", { class: "dialog-foot" }, h("button", { type: "button", class: "button", on: { click: () => close() } }, "Cancel"),
        h("button", { type: "button", class: "button primary", on: { click: finish } }, texts.confirm)));
    const close = openDialog(panel, { labelledby: titleId, initial: () => box, onClose: () => resolve(answer) });
  });
}
