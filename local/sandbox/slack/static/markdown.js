/** The markdown of `markdown` blocks and streamed text: headings, lists, quotes, code, tables, rules, paragraphs.
 *  Half-written input (a stream) renders as far as it goes. HTML stays text. */

import { h } from "./dom.js";
import { markdownInline } from "./markdown_inline.js";
import { scroller } from "./scroller.js";

const FENCE = /^ {0,3}(```+|~~~+)\s*([\w+-]*)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])(?:\s+(.*)|)$/;
const QUOTE = /^ {0,3}> ?/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

const DEEPEST = 20;

const isTable = (lines, at) => lines[at].includes("|") && TABLE_RULE.test(lines[at + 1] ?? "") && (lines[at + 1] ?? "").includes("-");

function startsBlock(lines, at) {
  const line = lines[at];
  return !line.trim() || FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line) || isTable(lines, at);
}

function fenced(lines, at) {
  const [, fence, language] = FENCE.exec(lines[at]);
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(fence)) end += 1;
  const body = lines.slice(at + 1, end).join("\n");
  return [h("pre", { "data-language": language || undefined }, h("code", {}, body)), end + 1];
}

function quoted(lines, at) {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
  return [h("blockquote", {}, ...blocks(inner)), end];
}

function cells(line) {
  const body = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|\s*$/, "");
  return body.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function alignment(rule) {
  return cells(rule).map((cell) => (/^:.*:$/.test(cell) ? "center" : cell.endsWith(":") ? "right" : undefined));
}

function table(lines, at) {
  const align = alignment(lines[at + 1]);
  let end = at + 2;
  while (end < lines.length && lines[end].trim() && lines[end].includes("|")) end += 1;
  const cell = (tag) => (text, index) =>
    h(tag, { class: align[index] ? `align-${align[index]}` : undefined, scope: tag === "th" ? "col" : undefined }, ...markdownInline(text));
  const head = h("thead", {}, h("tr", {}, ...cells(lines[at]).map(cell("th"))));
  const body = h("tbody", {}, ...lines.slice(at + 2, end).map((line) => h("tr", {}, ...cells(line).map(cell("td")))));
  return [scroller("Table", h("table", { class: "table" }, head, body)), end];
}

/** Lines of one item from its first: deeper or empty lines belong to it. */
function itemLines(lines, at, width) {
  const own = [lines[at].slice(Math.min(width, lines[at].length))];
  let end = at + 1;
  while (end < lines.length) {
    const line = lines[end];
    const deeper = /^\s*/.exec(line)[0].length >= 2 && line.trim();
    const lazy = line.trim() && !startsBlock(lines, end);
    const gap = !line.trim() && /^\s{2,}\S/.test(lines[end + 1] ?? "");
    if (!deeper && !lazy && !gap) break;
    own.push(deeper ? line.slice(Math.min(width, /^\s*/.exec(line)[0].length)) : line.trim());
    end += 1;
  }
  return [own, end];
}

function listItem(own) {
  const task = /^\[([ xX])\]\s+/.exec(own[0]);
  if (task) own[0] = own[0].slice(task[0].length);
  const [first, ...rest] = blocks(own);
  const children = first?.nodeName === "P" ? [...first.childNodes, ...rest] : [first, ...rest];
  const box = task && h("input", { type: "checkbox", disabled: true, checked: task[1] !== " ", "aria-label": task[1] === " " ? "To do" : "Done" });
  return h("li", { class: task ? "task-item" : undefined }, box, ...children);
}

function list(lines, at) {
  const first = ITEM.exec(lines[at]);
  const ordered = /\d/.test(first[2]);
  const items = [];
  let end = at;
  while (end < lines.length) {
    const found = ITEM.exec(lines[end]);
    if (!found || /\d/.test(found[2]) !== ordered || RULE.test(lines[end])) break;
    const [own, next] = itemLines(lines, end, found[1].length + found[2].length + 1);
    items.push(listItem(own));
    end = next;
    while (end < lines.length && !lines[end].trim() && ITEM.test(lines[end + 1] ?? "")) end += 1;
  }
  return [h(ordered ? "ol" : "ul", ordered ? { start: Number.parseInt(first[2], 10) } : {}, ...items), end];
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && !startsBlock(lines, end)) end += 1;
  const text = lines.slice(at, end).map((line) => line.replace(/( {2,}|\\)$/, "").trimStart()).join("\n");
  return [h("p", {}, ...markdownInline(text)), end];
}

/** Headings in a message start at level 3: the page has its own above them. */
function heading(line) {
  const [, marks, text] = HEADING.exec(line);
  const level = Math.min(marks.length + 2, 6);
  return h(`h${level}`, { class: `md-h md-h${marks.length}` }, ...markdownInline(text));
}

function block(lines, at) {
  const line = lines[at];
  if (FENCE.test(line)) return fenced(lines, at);
  if (HEADING.test(line)) return [heading(line), at + 1];
  if (RULE.test(line)) return [h("hr"), at + 1];
  if (QUOTE.test(line)) return quoted(lines, at);
  if (isTable(lines, at)) return table(lines, at);
  if (ITEM.test(line)) return list(lines, at);
  return paragraph(lines, at);
}

let depth = 0;

/** Lines as elements; quotes and lists within each other only so deep, then as they are. */
function blocks(lines) {
  if (depth >= DEEPEST) return [h("p", {}, lines.join("\n"))];
  depth += 1;
  try {
    return blocksOf(lines);
  } finally {
    depth -= 1;
  }
}

function blocksOf(lines) {
  const out = [];
  for (let at = 0; at < lines.length;) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const [node, next] = block(lines, at);
    out.push(node);
    at = next;
  }
  return out;
}

/** Markdown as a list of elements. */
export const markdown = (text) => blocks(String(text ?? "").replace(/\r\n?/g, "\n").split("\n"));
