/** Modals: a stack of views that open, are pushed and updated, validated, submitted and closed. */

import { post } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { dialogHead, openDialog } from "./dialog.js";
import { announce, h, patch } from "./dom.js";
import { valuesOf } from "./fields.js";
import { dress } from "./glyphs.js";
import { plain } from "./mrkdwn.js";
import { emit, on, state } from "./state.js";
import { clearProblem, firstProblems, showProblems } from "./validation.js";

let stack = []; // the views of the open modal, the last one on top
let close = null; // closes the dialog
let panel = null;
let sending = false;

const top = () => stack.at(-1);
const TITLE = "modal-title";

function footer(view) {
  const submit = view.submit ?? (view.blocks ?? []).some((block) => block?.type === "input");
  return h("footer", { class: "dialog-foot", kind: "foot" },
    h("p", { class: "form-error", role: "alert", hidden: true }),
    h("button", { type: "button", class: "button", "data-cancel": true, on: { click: back } }, plain(view.close) || (submit ? "Cancel" : "Close")),
    submit && h("button", { type: "submit", class: "button primary", "data-submit": true }, plain(view.submit) || "Submit"));
}

/** The form of a view. The one below keeps what was typed: each view has its own element. */
function form(view) {
  const head = dialogHead(TITLE, plain(view.title) || "Untitled", dismiss, stack.length > 1 && back);
  const body = h("div", { class: "dialog-body blocks", kind: "body" }, renderBlocks(view.blocks));
  return dress(h("form", { class: "view", key: view.id, novalidate: true, data: { viewId: view.id, callbackId: view.callback_id }, on: {
    submit, fieldchange: (event) => clearProblem(event.target), input: (event) => clearProblem(event.target), change: (event) => clearProblem(event.target) } }, head, body, footer(view)));
}

function show() {
  const view = top();
  if (!panel) {
    panel = h("div", { class: "dialog-view" });
    view.form = form(view);
    panel.append(view.form);
    close = openDialog(panel, { labelledby: TITLE, onEscape: back, onClose: forget, initial: firstField });
    return;
  }
  const known = Boolean(view.form);
  if (known) view.form = patch(view.form, form(view));
  else view.form = form(view);
  if (panel.firstChild !== view.form) {
    panel.replaceChildren(view.form);
    (firstField() ?? panel).focus({ preventScroll: true });
  }
}

function firstField() {
  const fields = [...panel.querySelectorAll("[data-field]")].filter((node) => node.__field);
  const wanted = top().blocks?.find((block) => block?.element?.focus_on_load)?.element.action_id;
  const field = fields.find((node) => wanted && node.__field.actionId === wanted) ?? fields[0];
  field?.__field.focus();
  return field ? document.activeElement : panel.querySelector(".dialog-foot .primary") ?? panel.querySelector(".dialog-foot button");
}

function forget() {
  stack = [];
  panel = null;
  close = null;
}

/** A view arrived: a new one opens, one whose predecessor is on top is pushed, a known one is updated in place. */
export function receiveView(view) {
  if (view.type !== "modal") return;
  const at = stack.findIndex((one) => one.id === view.id);
  if (at >= 0) {
    stack[at] = { ...view, form: stack[at].form };
    if (at === stack.length - 1) show();
    return;
  }
  const pushed = stack.length && view.previous_view_id === top().id && view.id !== view.root_view_id;
  if (!pushed && close) close();
  stack = pushed ? [...stack, { ...view }] : [{ ...view }];
  show();
  announce(`${plain(view.title)} opened`);
}

/** A view is gone: the one below shows again. */
export function closeView(id) {
  const at = stack.findIndex((one) => one.id === id);
  if (at < 0) return;
  stack = stack.filter((one) => one.id !== id);
  if (!stack.length) close?.();
  else show();
}

function tell(view, cleared) {
  post("/page/view/close", { view_id: view.id, cleared }).catch((error) => emit("toast", { text: error.message, level: "error" }));
}

/** Cancel, Esc and the arrow leave the view on top only. */
function back() {
  if (sending) return;
  const view = top();
  tell(view, false);
  closeView(view.id);
}

/** The cross leaves them all. */
function dismiss() {
  if (sending) return;
  if (stack.length === 1) return back();
  tell(stack[0], true);
  close?.();
}

function busy(formNode, on) {
  sending = on;
  formNode.toggleAttribute("aria-busy", on);
  const button = formNode.querySelector("[data-submit]");
  if (!button) return;
  button.disabled = on;
  button.classList.toggle("working", on);
}

function formError(formNode, text) {
  const note = formNode.querySelector(".form-error");
  note.hidden = !text;
  note.textContent = text;
}

async function submit(event) {
  event.preventDefault();
  if (sending) return;
  const view = top();
  const node = view.form;
  const problems = firstProblems(node);
  if (Object.keys(problems).length) return showProblems(node, problems);
  formError(node, "");
  busy(node, true);
  try {
    settle(view, await post("/page/view/submit", { view_id: view.id, state: { values: valuesOf(node) } }));
  } catch (error) {
    formError(node, error.message);
  } finally {
    busy(node, false);
    if (stack.includes(view) && document.activeElement === document.body) node.querySelector("[data-submit]")?.focus();
  }
  return undefined;
}

/** What the app answered decides what happens to the views. */
function settle(view, answer) {
  const action = answer.response_action;
  if (action === "errors") showProblems(view.form, answer.errors ?? {});
  else if (action === "update") replaceTop(view, answer.view);
  else if (action === "push") receiveView({ ...answer.view, previous_view_id: answer.view.previous_view_id ?? view.id });
  else if (action === "clear") close?.();
  else if (answer.ok === false) formError(view.form, `${state.boot.bot.name} did not respond. Try again.`);
  else closeView(view.id);
}

function replaceTop(old, view) {
  if (!view) return;
  const at = stack.findIndex((one) => one.id === old.id || one.id === view.id);
  if (at < 0) return;
  stack[at] = { ...view, form: stack[at].form };
  show();
}

on("user-left", () => close?.());
