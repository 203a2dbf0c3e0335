/** What controls have in common: where they stand, what they hold, and telling the app that they changed. */

import { attempt, post } from "./api.js";
import { confirmDialog } from "./dialog.js";
import { textBlocks, plain } from "./mrkdwn.js";

/** The message or view around a control, as the sandbox wants it named. Read when needed: updates may change ids. */
export function placeOf(node) {
  const block_id = node.closest("[data-block-id]")?.dataset.blockId;
  const view = node.closest("[data-view-id]");
  if (view) return { view_id: view.dataset.viewId, block_id };
  const message = node.closest("[data-ts]")?.dataset;
  return { channel: message?.channel, message_ts: message?.ts, thread_ts: message?.threadTs, block_id };
}

/** Make `node` a field: `field` has type, actionId, read(), restore?(state), focus?(), and empty() for required ones. */
export function asField(node, field) {
  node.__field = field;
  node.setAttribute("data-field", field.type);
  return node;
}

export const fieldsIn = (root) => [...root.querySelectorAll("[data-field]")].filter((node) => node.__field);

/** `state.values` of a message or view: block id → action id → state. */
export function valuesOf(root) {
  const values = {};
  for (const node of fieldsIn(root)) {
    const block = node.closest("[data-block-id]")?.dataset.blockId;
    if (!block) continue;
    values[block] ??= {};
    values[block][node.__field.actionId] = node.__field.read();
  }
  return values;
}

/** An element's `confirm` object, asked; true where there is none. */
export async function confirmed(spec) {
  if (!spec) return true;
  return confirmDialog({
    title: plain(spec.title) || "Are you sure?", text: textBlocks(spec.text),
    confirm: plain(spec.confirm) || "Yes", deny: plain(spec.deny) || "Cancel", danger: spec.style === "danger",
  });
}

const busy = new WeakSet();

/** Send one action of the control `node`; `change` is what differs by type. A second press while one is under way is dropped. */
export async function act(node, spec, change = {}) {
  if (busy.has(node)) return;
  const where = placeOf(node);
  busy.add(node);
  node.setAttribute("aria-busy", "true");
  const root = node.closest("[data-view-id]") ?? node.closest("[data-ts]");
  const body = { ...where, action_id: spec.action_id, type: spec.type, ...change, state: { values: root ? valuesOf(root) : {} } };
  await attempt(() => post("/page/action", body));
  busy.delete(node);
  node.removeAttribute("aria-busy");
}

/** A field's value changed by hand: outside input blocks that is an action; inside only if the block says so. */
export async function changed(node, spec) {
  const input = node.closest("[data-input]");
  node.dispatchEvent(new CustomEvent("fieldchange", { bubbles: true }));
  if (input && input.dataset.dispatch !== "true") return;
  if (await confirmed(spec.confirm)) await act(node, spec, node.__field.read());
}
