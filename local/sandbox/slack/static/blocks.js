/** Block Kit: a list of blocks to a list of elements. */

import { scroller } from "./scroller.js";
import { chart } from "./charts.js";
import { card, carousel, container } from "./cards.js";
import { h, uid, widget } from "./dom.js";
import { element, image } from "./elements.js";
import { icon } from "./icons.js";
import { link } from "./links.js";
import { markdown } from "./markdown.js";
import { plain, textBlocks, textInline } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { dataTable, table } from "./tables.js";
import { planBlock, taskBlock } from "./tasks.js";

const LONG = 1400;

/** Long text folds behind "Show more", unless the block says it always expands. */
function foldable(block, nodes) {
  if (block.expand || (block.text?.text ?? "").length < LONG) return h("div", { class: "rich section-text" }, nodes);
  const body = h("div", { class: "rich section-text folded", id: uid("fold") }, nodes);
  const toggle = h("button", { type: "button", class: "text-button", "aria-expanded": "false", "aria-controls": body.id }, "Show more");
  toggle.addEventListener("click", () => {
    const folded = body.classList.toggle("folded");
    toggle.textContent = folded ? "Show more" : "Show less";
    toggle.setAttribute("aria-expanded", String(!folded));
  });
  return widget(block.text, h("div", { class: "section-fold" }, body, toggle));
}

function section(block) {
  return [h("div", { class: "section-main" },
    block.text && foldable(block, textBlocks(block.text)),
    block.fields?.length && h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "rich field" }, textBlocks(field))))),
    block.accessory && h("div", { class: "accessory" }, element(block.accessory))];
}

const context = (block) => (block.elements ?? []).map((item) =>
  item.type === "image" ? image(item, "context-image") : h("span", { class: "rich context-text" }, textInline(item)));

function imageBlock(block) {
  return [h("figure", { class: "figure" }, block.title && h("figcaption", {}, plain(block.title)), image(block, "picture"))];
}

/** A label and its control, with room for the hint and for what is wrong. */
function input(block) {
  const spec = { ...block.element, __label: plain(block.label) };
  const control = element(spec);
  const id = uid("field");
  const target = control.matches("input, textarea") ? control : control.querySelector("[role=combobox], input[type=file]");
  const group = !target;
  if (target) {
    target.id = id;
    target.removeAttribute("aria-label");
  } else control.setAttribute("aria-labelledby", `${id}-label`);
  const hint = block.hint && h("p", { class: "field-hint", id: `${id}-hint` }, plain(block.hint));
  if (hint) (target ?? control).setAttribute("aria-describedby", `${id}-hint`);
  if (!block.optional) (target ?? control).setAttribute(group ? "data-required" : "aria-required", "true");
  return [widget([block.label, block.hint, block.optional, spec], h("div", { class: "field-box" },
    h(group ? "div" : "label", { class: "field-label", id: `${id}-label`, for: group ? undefined : id }, plain(block.label),
      block.optional && h("span", { class: "field-optional" }, "optional")),
    control, hint, h("p", { class: "field-error", id: `${id}-error`, hidden: true })))];
}

function alert(block) {
  const level = ["info", "warning", "error", "success"].includes(block.level) ? block.level : "default";
  const drawing = { info: "info", warning: "alert", error: "cross", success: "check", default: "info" }[level];
  return [h("div", { class: `alert alert-${level}`, role: "note" }, icon(drawing), h("div", { class: "rich" }, textBlocks(block.text)))];
}

function video(block) {
  return [h("figure", { class: "figure" }, h("figcaption", {}, block.title_url ? link(block.title_url, plain(block.title)) : plain(block.title)),
    image({ image_url: block.thumbnail_url, alt_text: block.alt_text }, "picture"),
    block.description && h("p", {}, plain(block.description)), link(block.video_url, "Open the video"))];
}

function authProvider(block) {
  const url = block.is_connected ? block.disconnect_url : block.auth_url;
  return [h("div", { class: "section-main rich" }, h("strong", {}, plain(block.name)), block.description && h("p", {}, plain(block.description)),
    block.is_connected && h("p", { class: "muted" }, `Connected${block.connected_identity ? ` as ${plain(block.connected_identity)}` : ""}`)),
  url && h("div", { class: "accessory" }, link(url, block.is_connected ? "Disconnect" : "Connect"))];
}

const RENDER = {
  section, context, input, alert, video,
  header: (block) => [h(`h${Math.min(Math.max(Number(block.level) || 3, 3), 6)}`, { class: "header-text" }, plain(block.text))],
  divider: () => [h("hr")],
  image: imageBlock,
  actions: (block) => (block.elements ?? []).map(element),
  context_actions: (block) => (block.elements ?? []).map(element),
  rich_text: (block) => [h("div", { class: "rich" }, richText(block))],
  markdown: (block) => [h("div", { class: "rich" }, markdown(block.text))],
  table: (block) => [table(block)],
  data_table: (block) => [dataTable(block)],
  data_visualization: (block) => [chart(block)],
  task_card: (block) => [taskBlock(block)],
  plan: (block) => [planBlock(block)],
  card: (block) => [card(block)],
  carousel: (block) => [carousel(block)],
  container: (block) => container(block, renderBlocks),
  file: (block) => [h("p", { class: "muted" }, `File ${block.external_id ?? ""}`)],
  call: () => [h("p", { class: "muted" }, "A call")],
  auth_provider: authProvider,
};

function unsupported(block) {
  return [h("p", { class: "unsupported" }, `Block “${block?.type}” is not shown here.`), scroller("Block", h("pre", {}, JSON.stringify(block, null, 1)))];
}

/** One block's frame; `data-block-id` is where its actions and errors belong. */
function render(block) {
  const type = typeof block?.type === "string" ? block.type : "unknown";
  const content = (Object.hasOwn(RENDER, type) ? RENDER[type] : unsupported)(block);
  return h("div", {
    class: `block block-${type.replace(/\W/g, "")}`, key: block?.block_id, kind: type,
    data: { blockId: block?.block_id ?? "", input: type === "input" ? "" : undefined, dispatch: block?.dispatch_action ? "true" : undefined },
  }, content);
}

export function renderBlocks(blocks) {
  return (Array.isArray(blocks) ? blocks : []).filter(Boolean).map(render);
}
