/** Markdown inside a line: emphasis, code, links, autolinks, and Slack's own marks. */

import { h } from "./dom.js";
import { emojiOf } from "./emoji.js";
import { link, safeUrl } from "./links.js";
import { angle, unescape } from "./mrkdwn.js";

const WORD = /[\p{L}\p{N}_]/u;
const BARE_URL = /^https?:\/\/[^\s<>|*`]+[^\s<>|*`.,;:!?)'"\]]/i;
const PUNCTUATION = /[!-/:-@[-`{-~]/;

function code(text, index) {
  const fence = /^`+/.exec(text.slice(index))[0];
  const end = text.indexOf(fence, index + fence.length);
  if (end < 0) return undefined;
  const body = text.slice(index + fence.length, end).replace(/\n/g, " ");
  return [h("code", {}, /^ .*\S.* $/.test(body) ? body.slice(1, -1) : body), end + fence.length];
}

/** Index of the bracket that closes the one at `start`; −1 if none. */
function bracketEnd(text, start) {
  let depth = 0;
  for (let index = start; index < text.length; index += 1) {
    if (text[index] === "\\") index += 1;
    else if (text[index] === "[") depth += 1;
    else if (text[index] === "]" && (depth -= 1) === 0) return index;
  }
  return -1;
}

function bracketLink(text, index) {
  const end = bracketEnd(text, index);
  if (end < 0) return undefined;
  const found = /^\(\s*<?([^\s<>]*?(?:\([^\s()]*\)[^\s<>()]*)*)>?(?:\s+["'(]([^"')]*)["')])?\s*\)/.exec(text.slice(end + 1));
  if (!found || !safeUrl(found[1])) return undefined;
  return [link(found[1], ...markdownInline(text.slice(index + 1, end))), end + 1 + found[0].length];
}

function angled(text, index) {
  const end = text.indexOf(">", index + 1);
  if (end < 0) return undefined;
  const inner = text.slice(index + 1, end);
  const mail = /^[\w.+-]+@[\w-]+(\.[\w-]+)+$/.test(inner);
  const node = mail ? link(`mailto:${inner}`, inner) : angle(inner);
  return node && [node, end + 1];
}

function emoji(text, index) {
  const found = /^:([a-z0-9_+'-]+):/.exec(text.slice(index, index + 60));
  const char = found && emojiOf(found[1]);
  return char && [h("span", { class: "emoji", role: "img", "aria-label": found[1].replaceAll("_", " ") }, char), index + found[0].length];
}

function closes(text, at, mark) {
  if (/\s/.test(text[at - 1] ?? " ")) return false;
  if (mark.length === 1 && text[at + 1] === mark) return false;
  return mark[0] !== "_" || !WORD.test(text[at + mark.length] ?? "");
}

function markEnd(text, from, mark) {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "`") at = Math.max(at, text.indexOf("`", at + 1));
    else if (text.startsWith(mark, at)) {
      if (closes(text, at, mark)) return at;
      if (mark.length === 1 && text[at + 1] === mark) at += 1;
    }
  }
  return -1;
}

const MARKS = [["***", (inner) => h("strong", {}, h("em", {}, ...inner))], ["**", (inner) => h("strong", {}, ...inner)],
  ["__", (inner) => h("strong", {}, ...inner)], ["~~", (inner) => h("s", {}, ...inner)],
  ["*", (inner) => h("em", {}, ...inner)], ["_", (inner) => h("em", {}, ...inner)]];

function emphasis(text, index) {
  for (const [mark, wrap] of MARKS) {
    if (!text.startsWith(mark, index)) continue;
    const inside = index + mark.length;
    if (/\s/.test(text[inside] ?? " ") || (mark[0] === "_" && WORD.test(text[index - 1] ?? ""))) continue;
    const end = markEnd(text, inside, mark);
    if (end > inside) return [wrap(markdownInline(text.slice(inside, end))), end + mark.length];
  }
  return undefined;
}

function bareUrl(text, index) {
  const found = WORD.test(text[index - 1] ?? "") ? null : BARE_URL.exec(text.slice(index));
  return found && [link(unescape(found[0])), index + found[0].length];
}

const PIECES = {
  "`": code, "[": bracketLink, "<": angled, ":": emoji, "*": emphasis, _: emphasis, "~": emphasis, h: bareUrl,
  "!": (text, index) => (text[index + 1] === "[" ? bracketLink(text, index + 1) : undefined),
  "\\": (text, index) => (PUNCTUATION.test(text[index + 1] ?? "") ? [text[index + 1], index + 2] : undefined),
  "\n": (_text, index) => [h("br"), index + 1],
};

/** One line's (or paragraph's) markdown as nodes and strings; line ends become breaks, as Slack shows them. */
export function markdownInline(text) {
  const out = [];
  let plain = "";
  for (let index = 0; index < text.length;) {
    const found = PIECES[text[index]]?.(text, index);
    if (!found) {
      plain += text[index];
      index += 1;
      continue;
    }
    if (typeof found[0] === "string") plain += found[0];
    else {
      if (plain) out.push(unescape(plain));
      plain = "";
      out.push(found[0]);
    }
    index = found[1];
  }
  if (plain) out.push(unescape(plain));
  return out;
}
