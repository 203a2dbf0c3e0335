/** Slack's own markup to elements. Whatever is not understood stays text. */

import { h } from "./dom.js";
import { emojiOf, emojify } from "./emoji.js";
import { broadcast, channelMention, dateMark, link, safeUrl, userMention } from "./links.js";

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
export const unescape = (text) => text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity]);

const MARKS = { "*": "strong", _: "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;
const BARE_URL = /^https?:\/\/[^\s<>|*`]+[^\s<>|*`.,;:!?)'"\]]/i;

/** `<…>`: a mention, a date, a link; undefined if it is none of them. */
export function angle(inner) {
  const [target, ...rest] = inner.split("|");
  const label = rest.length ? unescape(rest.join("|")) : undefined;
  if (/^@[UWB]\w+$/.test(target)) return userMention(target.slice(1), label);
  if (/^#[CGD]\w+$/.test(target)) return channelMention(target.slice(1), label);
  if (/^!date\^/.test(target)) {
    const [, seconds, pattern, url] = target.split("^");
    return dateMark(seconds, unescape(pattern ?? ""), url && unescape(url), label);
  }
  if (/^!(here|channel|everyone)$/.test(target)) return broadcast(target.slice(1));
  if (/^!subteam\^\w+$/.test(target)) return broadcast((label ?? target.split("^")[1]).replace(/^@/, ""));
  const url = unescape(target);
  if (!safeUrl(url)) return undefined;
  return link(url, label ?? url.replace(/^(mailto|tel):/, ""));
}

/** Index of the mark that closes the one at `start`, on the same line and outside code and `<…>`; −1 if none. */
function closing(text, start) {
  const mark = text[start];
  for (let index = start + 1; index < text.length; index += 1) {
    const char = text[index];
    if (char === "\n") return -1;
    if (char === "`" || char === "<") {
      const end = text.indexOf(char === "`" ? "`" : ">", index + 1);
      if (end > index) index = end;
    } else if (char === mark && index > start + 1 && !/\s/.test(text[index - 1]) && !WORD.test(text[index + 1] ?? "")) {
      return index;
    }
  }
  return -1;
}

function opensMark(text, index) {
  if (!(text[index] in MARKS)) return false;
  return !WORD.test(text[index - 1] ?? "") && text[index + 1] !== undefined && !/\s/.test(text[index + 1]);
}

/** One piece at `index`: `[element or string, next index]`, or nothing where plain text goes on. */
function piece(text, index) {
  const char = text[index];
  if (char === "`") {
    const end = text.indexOf("`", index + 1);
    const code = text.slice(index + 1, end);
    if (end > index + 1 && !code.includes("\n")) return [h("code", {}, unescape(code)), end + 1];
  } else if (char === "<") {
    const end = text.indexOf(">", index + 1);
    const node = end > 0 ? angle(text.slice(index + 1, end)) : undefined;
    if (node) return [node, end + 1];
  } else if (char === ":") {
    const found = /^:([a-z0-9_+'-]+):(?::skin-tone-[2-6]:)?/.exec(text.slice(index, index + 60));
    const emoji = found && emojiOf(found[1]);
    if (emoji) return [h("span", { class: "emoji", role: "img", "aria-label": found[1].replaceAll("_", " ") }, emoji), index + found[0].length];
  } else if (char === "h" && !WORD.test(text[index - 1] ?? "")) {
    const found = BARE_URL.exec(text.slice(index));
    if (found) return [link(unescape(found[0])), index + found[0].length];
  } else if (opensMark(text, index)) {
    const end = closing(text, index);
    if (end > 0) return [h(MARKS[char], {}, ...inline(text.slice(index + 1, end))), end + 1];
  }
  return undefined;
}

/** Marked-up text without block structure, as a list of nodes and strings. */
export function inline(text) {
  const out = [];
  let plain = "";
  const flush = () => {
    if (plain) out.push(unescape(plain));
    plain = "";
  };
  for (let index = 0; index < text.length;) {
    const found = piece(text, index);
    if (found) {
      flush();
      out.push(found[0]);
      index = found[1];
    } else if (text[index] === "\n") {
      flush();
      out.push(h("br"));
      index += 1;
    } else {
      plain += text[index];
      index += 1;
    }
  }
  flush();
  return out;
}

const QUOTE = /^(?:>|&gt;) ?/;
const BULLET = /^(\s*)[•◦▪‣-] +(.*)$/;
const NUMBER = /^(\s*)(\d{1,4})[.)] +(.*)$/;

const kindOf = (line) => (QUOTE.test(line) ? "quote" : BULLET.test(line) ? "bullet" : NUMBER.test(line) ? "number" : "text");

function runs(lines) {
  const out = [];
  for (const line of lines) {
    const kind = kindOf(line);
    const last = out.at(-1);
    if (last?.kind === kind) last.lines.push(line);
    else out.push({ kind, lines: [line] });
  }
  return out;
}

function item(line, pattern) {
  const found = pattern.exec(line);
  const level = Math.min(Math.floor(found[1].length / 2), 4);
  return h("li", { class: level ? `indent-${level}` : undefined, value: undefined }, ...inline(found.at(-1)));
}

const RENDER = {
  quote: (lines) => h("blockquote", {}, ...inline(lines.map((line) => line.replace(QUOTE, "")).join("\n"))),
  bullet: (lines) => h("ul", {}, ...lines.map((line) => item(line, BULLET))),
  number: (lines) => h("ol", { start: NUMBER.exec(lines[0])[2] }, ...lines.map((line) => item(line, NUMBER))),
  text: (lines) => paragraphs(lines.join("\n")),
};

function paragraphs(text) {
  const parts = text.split(/\n{2,}/).filter((part) => part.trim());
  return parts.map((part) => h("p", {}, ...inline(part.replace(/^\n|\n$/g, ""))));
}

function prose(text) {
  const everything = /(^|\n)(?:>|&gt;){3} ?([\s\S]*)$/.exec(text);
  if (!everything) return runs(text.split("\n")).flatMap(({ kind, lines }) => RENDER[kind](lines));
  const quoted = h("blockquote", {}, ...inline(everything[2]));
  return [...prose(text.slice(0, everything.index)), quoted];
}

/** Slack's markup as a list of block elements. */
export function mrkdwn(text) {
  const parts = String(text ?? "").split("```");
  if (parts.length % 2 === 0) parts.push([parts.pop(), parts.pop()].reverse().join("```"));
  return parts.flatMap((part, index) =>
    index % 2 ? [h("pre", {}, h("code", {}, unescape(part.replace(/^\n/, ""))))] : part.trim() ? prose(part.replace(/^\n|\n$/g, "")) : []);
}

/** A `plain_text`, `mrkdwn`, `raw_text` or bare string object as block elements. */
export function textBlocks(object) {
  if (!object) return [];
  if (typeof object === "string") return mrkdwn(object);
  return object.type === "mrkdwn" ? mrkdwn(object.text) : [h("p", { class: "plain" }, plain(object))];
}

/** The same inside a line. */
export function textInline(object) {
  if (!object) return [];
  if (typeof object === "string") return inline(object);
  return object.type === "mrkdwn" ? inline(String(object.text ?? "")) : [plain(object)];
}

/** Characters of a text object, emoji shortcodes shown unless it says no. */
export function plain(object) {
  if (object === undefined || object === null) return "";
  if (typeof object !== "object") return String(object);
  const text = String(object.text ?? "");
  return object.emoji === false || object.type === "mrkdwn" ? text : emojify(text);
}
