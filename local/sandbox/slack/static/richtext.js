/** `rich_text` blocks. */

import { h } from "./dom.js";
import { emojiOf } from "./emoji.js";
import { broadcast, channelMention, dateMark, link, userMention } from "./links.js";

function lines(text) {
  return String(text ?? "").split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line]));
}

function emoji(part) {
  const points = /^[0-9a-f]+(-[0-9a-f]+)*$/i.test(part.unicode ?? "") ? part.unicode.split("-").map((point) => parseInt(point, 16)) : [];
  const drawn = points.length && points.every((point) => point > 0 && point <= 0x10ffff) ? String.fromCodePoint(...points) : undefined;
  return h("span", { class: "emoji", role: "img", "aria-label": String(part.name).replaceAll("_", " ") }, emojiOf(part.name) ?? drawn ?? `:${part.name}:`);
}

function swatch(value) {
  const known = /^#[0-9a-f]{3,8}$/i.test(value);
  return h("span", { class: "swatch" }, known && h("span", { class: "swatch-dot", style: { background: value } }), value);
}

const PARTS = {
  text: (part) => lines(part.text),
  link: (part) => [link(part.url, part.text || part.url)],
  user: (part) => [userMention(part.user_id)],
  usergroup: (part) => [broadcast(part.usergroup_id)],
  channel: (part) => [channelMention(part.channel_id)],
  team: (part) => [h("span", { class: "mention" }, part.team_id)],
  broadcast: (part) => [broadcast(part.range)],
  emoji: (part) => [emoji(part)],
  date: (part) => [dateMark(part.timestamp, part.format ?? "", part.url, part.fallback)],
  color: (part) => [swatch(String(part.value ?? ""))],
};

const STYLES = [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"], ["underline", "u"]];

function styled(part) {
  let nodes = PARTS[part.type]?.(part) ?? [String(part.text ?? "")];
  for (const [style, tag] of STYLES) if (part.style?.[style]) nodes = [h(tag, {}, ...nodes)];
  return nodes;
}

const parts = (element) => (element.elements ?? []).flatMap(styled);

function list(element) {
  const ordered = element.style === "ordered";
  const level = Math.min(Math.max(Number(element.indent) || 0, 0), 4);
  const start = ordered && element.offset ? Number(element.offset) + 1 : undefined;
  const items = (element.elements ?? []).map((entry) => h("li", {}, ...parts(entry)));
  return h(ordered ? "ol" : "ul", { class: level ? `indent-${level}` : undefined, start }, ...items);
}

const SECTIONS = {
  rich_text_section: (element) => h("p", {}, ...parts(element)),
  rich_text_list: list,
  rich_text_quote: (element) => h("blockquote", {}, ...parts(element)),
  rich_text_preformatted: (element) => h("pre", {}, h("code", {}, ...(element.elements ?? []).map((part) => String(part.text ?? part.url ?? "")))),
};

/** The elements of a rich text block as a list of nodes. */
export const richText = (block) => (block?.elements ?? []).map((element) => SECTIONS[element.type]?.(element) ?? h("p", {}, ...parts(element)));
