/** Buttons of every kind: plain, link, overflow, feedback, icon. */

import { h, uid } from "./dom.js";
import { act, asField, changed, confirmed } from "./fields.js";
import { icon } from "./icons.js";
import { safeUrl } from "./links.js";
import { plain, textInline } from "./mrkdwn.js";
import { openMenu } from "./popup.js";
import { state } from "./state.js";

async function press(event, spec) {
  const node = event.currentTarget;
  if (spec.url) return act(node, spec, { value: spec.value });
  if (await confirmed(spec.confirm)) await act(node, spec, { value: spec.value });
  return undefined;
}

export function button(spec) {
  const style = ["primary", "danger"].includes(spec.style) ? ` ${spec.style}` : "";
  const props = {
    class: `button${style}`, "aria-label": spec.accessibility_label, data: { actionId: spec.action_id ?? "", value: spec.value },
    on: { click: (event) => press(event, spec) },
  };
  const href = safeUrl(spec.url);
  if (!href) return h("button", { type: "button", ...props }, plain(spec.text));
  return h("a", { href, target: "_blank", rel: "noopener noreferrer", ...props }, plain(spec.text));
}

function openOverflow(event, spec) {
  const anchor = event.currentTarget;
  const pick = (option) => async () => {
    const href = safeUrl(option.url);
    if (href) window.open(href, "_blank", "noopener");
    if (await confirmed(spec.confirm)) await act(anchor, spec, { selected_option: option });
  };
  openMenu(anchor, "More actions", (spec.options ?? []).map((option) => ({
    label: plain(option.text), description: option.description && plain(option.description), value: option.value, run: pick(option),
  })));
}

export function overflow(spec) {
  return h("button", {
    type: "button", class: "icon-button outlined", "aria-label": "More actions", "aria-haspopup": "menu", "aria-expanded": "false",
    data: { actionId: spec.action_id ?? "" }, on: { click: (event) => openOverflow(event, spec) },
  }, icon("more"));
}

function rate(event, spec, choice) {
  const pressed = event.currentTarget;
  for (const other of pressed.parentElement.children) other.setAttribute("aria-pressed", String(other === pressed));
  return act(pressed, spec, { value: choice.value });
}

export function feedback(spec) {
  const one = (choice, drawing) => choice && h("button", {
    type: "button", class: "icon-button feedback", "aria-pressed": "false", title: plain(choice.text),
    "aria-label": choice.accessibility_label || plain(choice.text), data: { actionId: spec.action_id ?? "", value: choice.value },
    on: { click: (event) => rate(event, spec, choice) },
  }, icon(drawing, 16));
  return h("span", { class: "feedback-pair", role: "group", "aria-label": "Feedback" },
    one(spec.positive_button, "thumbsup"), one(spec.negative_button, "thumbsdown"));
}

export function iconButton(spec) {
  if (spec.visible_to_user_ids?.length && !spec.visible_to_user_ids.includes(state.user)) return h("span", { hidden: true });
  return h("button", {
    type: "button", class: "icon-button", title: plain(spec.text), "aria-label": spec.accessibility_label || plain(spec.text),
    data: { actionId: spec.action_id ?? "", value: spec.value }, on: { click: (event) => press(event, spec) },
  }, icon(spec.icon, 16));
}

/** Checkboxes and radio buttons; `many` tells which. */
export function choices(spec, many) {
  const name = uid("choice");
  const initial = many ? (spec.initial_options ?? []) : [spec.initial_option].filter(Boolean);
  const boxes = (spec.options ?? []).map((option) => h("input", {
    type: many ? "checkbox" : "radio", name, id: uid("option"), data: { actionId: spec.action_id ?? "", option: option.value },
    checked: initial.some((item) => item.value === option.value),
  }));
  const group = h("div", { class: "choices", role: many ? "group" : "radiogroup", on: { change: () => changed(group, spec) } }, boxes.map((box, index) => {
    const option = spec.options[index];
    return h("label", { class: "choice", for: box.id }, box, h("span", { class: "choice-text rich" },
      h("span", {}, textInline(option.text)), option.description && h("span", { class: "choice-hint" }, textInline(option.description))));
  }));
  const picked = () => boxes.filter((box) => box.checked).map((box) => spec.options[boxes.indexOf(box)]);
  return asField(group, {
    type: spec.type, actionId: spec.action_id,
    read: () => (many ? { type: spec.type, selected_options: picked() } : { type: spec.type, selected_option: picked()[0] ?? null }),
    restore: (old) => restoreChoices(boxes, old),
    empty: () => picked().length === 0,
    focus: () => (boxes.find((box) => box.checked) ?? boxes[0])?.focus(),
  });
}

function restoreChoices(boxes, old) {
  const values = (old.selected_options ?? [old.selected_option]).filter(Boolean).map((option) => option.value);
  for (const box of boxes) box.checked = values.includes(box.dataset.option);
}
