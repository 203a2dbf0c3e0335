/** Legacy attachments and files beneath a message. */

import { renderBlocks } from "./blocks.js";
import { h } from "./dom.js";
import { element, image } from "./elements.js";
import { colour, icon } from "./icons.js";
import { fileUrl, link, safeImage } from "./links.js";
import { mrkdwn } from "./mrkdwn.js";

const NAMED = { good: "#1b7a46", warning: "#b26a00", danger: "#b3261e" };

function fields(list) {
  return list?.length > 0 && h("div", { class: "fields" }, list.map((field) =>
    h("div", { class: field.short ? "rich field" : "rich field wide" }, h("strong", {}, field.title), mrkdwn(field.value))));
}

export function attachment(one) {
  const bar = NAMED[one.color] ?? colour(one.color, "#8a999e");
  return h("div", { class: "attachment", kind: "attachment" }, h("span", { class: "attachment-bar", style: { background: bar } }),
    h("div", { class: "attachment-main" },
      one.pretext && h("div", { class: "rich" }, mrkdwn(one.pretext)),
      one.author_name && h("p", { class: "muted" }, one.author_name),
      one.title && h("p", { class: "attachment-title" }, one.title_link ? link(one.title_link, one.title) : one.title),
      one.text && h("div", { class: "rich" }, mrkdwn(one.text)), fields(one.fields),
      h("div", { class: "blocks" }, renderBlocks(one.blocks)),
      one.actions?.length > 0 && h("div", { class: "block-actions" }, one.actions.map((action) => element({ ...action, type: "button", text: { type: "plain_text", text: action.text } }))),
      one.image_url && image({ image_url: one.image_url, alt_text: one.fallback ?? "" }, "picture"),
      one.footer && h("p", { class: "muted small" }, one.footer)));
}

function size(bytes) {
  if (!Number.isFinite(bytes)) return "";
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1048576 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

/** A file: pictures are shown, others named, with a way to download. */
export function file(one) {
  const url = one.page_url ?? one.url_private_download ?? one.url_private ?? one.permalink;
  const name = one.title || one.name || "File";
  if (String(one.mimetype ?? "").startsWith("image/") && safeImage(url)) {
    return h("figure", { class: "figure", kind: "file" }, h("figcaption", {}, name), image({ image_url: url, alt_text: one.alt_txt || name }, "picture"));
  }
  const about = [String(one.pretty_type || one.filetype || "").toUpperCase(), size(one.size)].filter(Boolean).join(" · ");
  const inner = [h("span", { class: "file-mark" }, icon("file", 20)), h("span", { class: "file-names" }, h("span", { class: "file-name" }, name), h("span", { class: "file-about" }, about))];
  const href = url && fileUrl(url);
  return href ? h("a", { class: "file", kind: "file", href, target: "_blank", rel: "noopener noreferrer", download: one.name || true }, inner) : h("div", { class: "file", kind: "file" }, inner);
}
