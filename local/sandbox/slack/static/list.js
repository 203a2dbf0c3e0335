/** A list of messages that changes in place: nothing the reader holds (place, focus, open menus) is lost. */

import { attempt, get } from "./api.js";
import { dayKey, dayOf } from "./dates.js";
import { h, morphChildren, patch } from "./dom.js";
import { dress } from "./glyphs.js";
import { icon } from "./icons.js";
import { renderMessage } from "./message.js";
import { replacePopup } from "./popup.js";
import { emit, on } from "./state.js";

const NEAR = 60; // pixels from the end that still count as the end
const TOGETHER = 300; // seconds within which messages of one author stand together
const before = (a, b) => Number.parseFloat(a.ts) - Number.parseFloat(b.ts);

/** A message that cannot be drawn must not take the others with it: its text stands in. */
function drawn(message, place) {
  try {
    return renderMessage(message, place);
  } catch (error) {
    console.error("message not drawn", message.ts, error);
    return renderMessage({ ...message, blocks: undefined, chunks: undefined, tasks: undefined, attachments: undefined, files: undefined, markdown: false, mrkdwn: false }, place);
  }
}

export class MessageList {
  /** `root`: the scrolling element. `empty`: a function that draws what stands where there is no message. */
  constructor(root, place, empty) {
    Object.assign(this, { root, place, empty, source: null, messages: new Map(), nodes: new Map(), more: false, fresh: 0, queue: new Set(), frame: 0 });
    this.latest = h("button", { type: "button", class: "to-latest", hidden: true, on: { click: () => this.toEnd() } });
    root.after(this.latest);
    root.addEventListener("scroll", () => this.scrolled(), { passive: true });
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("focusin", (event) => this.rove(event.target.closest("[data-ts]")));
    on("new-day", () => this.redate());
    new ResizeObserver(() => this.pinned && this.toEnd()).observe(root);
    root.addEventListener("load", () => this.pinned && this.toEnd(), true);
    this.pinned = true;
  }

  /** Fetch the newest messages of `source` ({channel, thread_ts?}) and show them; true when it worked. */
  async load(source) {
    const same = this.source?.channel === source.channel && this.source?.thread_ts === source.thread_ts;
    this.source = source;
    if (!same) this.clear();
    const answer = await attempt(() => get("/page/messages", { ...source, limit: 50 }));
    if (!answer || this.source !== source) return false;
    const incoming = answer.messages ?? [];
    if (same) this.forgetMissing(incoming);
    else this.more = Boolean(answer.has_more);
    for (const message of incoming) this.put(message);
    this.loaded = true;
    emit("loaded", { ...source, messages: incoming, title: answer.title });
    this.layout();
    if (!same || this.pinned) this.toEnd();
    return true;
  }

  /** After a gap: what is no longer there within the fetched range goes. */
  forgetMissing(incoming) {
    const [first] = incoming;
    const known = new Set(incoming.map((message) => message.ts));
    for (const message of this.messages.values()) {
      if ((!first || before(first, message) <= 0) && !known.has(message.ts) && !message.ephemeral) this.drop(message.ts);
    }
  }

  clear() {
    this.messages.clear();
    this.nodes.clear();
    this.root.replaceChildren();
    this.fresh = 0;
    this.more = false;
    this.loaded = false;
    this.pinned = true;
    this.showLatest();
  }

  put(message) {
    const full = { ...message, channel: this.source.channel };
    const old = this.nodes.get(message.ts);
    const node = dress(drawn(full, this.place));
    this.messages.set(message.ts, full);
    this.nodes.set(message.ts, old ? patch(old, node) : node);
  }

  drop(ts) {
    this.messages.delete(ts);
    this.nodes.get(ts)?.remove();
    this.nodes.delete(ts);
  }

  /** Add or change messages; many changes within one frame are drawn once. */
  upsert(message) {
    if (!this.source) return;
    if (!this.messages.has(message.ts)) this.countFresh();
    this.messages.set(message.ts, { ...message, channel: this.source.channel });
    this.queue.add(message.ts);
    this.schedule();
  }

  remove(ts) {
    this.drop(ts);
    this.schedule();
  }

  /** Draw a message again, for example when its thread's status changed. */
  refresh(ts) {
    if (this.messages.has(ts)) this.queue.add(ts) && this.schedule();
  }

  /** Draw all again: what was "today" is "yesterday" now. */
  redate() {
    for (const ts of this.messages.keys()) this.queue.add(ts);
    this.schedule();
  }

  schedule() {
    if (this.frame) return;
    const draw = () => {
      cancelAnimationFrame(this.frame);
      clearTimeout(this.timer);
      this.frame = 0;
      this.flush();
    };
    this.frame = requestAnimationFrame(draw);
    this.timer = setTimeout(draw, 250); // frames stand still in a hidden tab
  }

  flush() {
    const source = this.source;
    for (const ts of this.queue) {
      const message = this.messages.get(ts);
      if (message && message.channel === source.channel) this.put(message);
    }
    this.queue.clear();
    this.layout();
    if (this.pinned) this.toEnd();
    this.showLatest();
    replacePopup();
  }

  ordered() { return [...this.messages.values()].sort(before); }

  /** Put messages in order, with a divider before each day. */
  layout() {
    const children = [];
    let last = null;
    if (this.more) children.push(this.older());
    for (const message of this.ordered()) {
      const node = this.nodes.get(message.ts);
      if (!node) continue;
      if (!last || dayKey(last.ts) !== dayKey(message.ts)) children.push(this.divider(message.ts));
      node.classList.toggle("compact", this.compact(last, message));
      children.push(node);
      if (this.place === "thread" && !last && this.messages.size > 1) children.push(this.repliesRule());
      last = message;
    }
    if (!last && this.loaded) children.push(this.emptyNode ??= h("div", { class: "empty", key: "empty", kind: "empty" }));
    if (!last && this.loaded) this.emptyNode.replaceChildren(...[this.empty(this.source)].flat());
    morphChildren(this.root, children);
    if (!this.root.querySelector('[data-ts][tabindex="0"]')) this.rove([...this.root.querySelectorAll("[data-ts]")].at(-1));
  }

  compact(last, message) {
    if (!last || last.user !== message.user || last.username !== message.username || message.ephemeral || last.ephemeral) return false;
    return dayKey(last.ts) === dayKey(message.ts) && before(message, last) < TOGETHER && !last.reply_count && message.subtype !== "thread_broadcast";
  }

  divider(ts) {
    return h("div", { class: "day", key: `day-${dayKey(ts)}`, kind: "day", role: "separator", "aria-label": dayOf(ts) }, h("span", {}, dayOf(ts)));
  }

  repliesRule() {
    const count = this.messages.size - 1;
    return h("div", { class: "day replies-rule", key: "replies", kind: "day" }, h("span", {}, count === 1 ? "1 reply" : `${count} replies`));
  }

  older() {
    return h("div", { class: "older", key: "older", kind: "older" }, h("button", { type: "button", class: "button", on: { click: () => this.loadOlder() } }, "Show earlier messages"));
  }

  async loadOlder() {
    const first = this.ordered()[0];
    const source = this.source;
    const answer = await attempt(() => get("/page/messages", { ...source, before: first.ts, limit: 50 }));
    if (!answer || source !== this.source) return;
    const height = this.root.scrollHeight - this.root.scrollTop;
    this.more = Boolean(answer.has_more);
    for (const message of answer.messages ?? []) this.put(message);
    this.layout();
    this.root.scrollTop = this.root.scrollHeight - height;
    this.nodes.get(first.ts)?.focus({ preventScroll: true });
  }

  scrolled() {
    this.pinned = this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight < NEAR;
    if (this.pinned) this.fresh = 0;
    this.showLatest();
  }

  countFresh() { if (!this.pinned) this.fresh += 1; }

  showLatest() {
    this.latest.hidden = this.pinned;
    this.latest.replaceChildren(icon("down", 14), this.fresh ? `${this.fresh} new` : "To the latest");
  }

  toEnd() {
    this.root.scrollTop = this.root.scrollHeight;
    this.pinned = true;
    this.fresh = 0;
    this.showLatest();
  }

  /** One message is the tab stop; arrow keys move it. */
  rove(node) {
    if (!node || node.tabIndex === 0) return;
    for (const other of this.root.querySelectorAll('[data-ts][tabindex="0"]')) other.tabIndex = -1;
    node.tabIndex = 0;
  }

  key(event) {
    const current = event.target.closest("[data-ts]");
    const nodes = [...this.root.querySelectorAll("[data-ts]")];
    if (event.target !== current && event.target !== this.root) return;
    const at = nodes.indexOf(current);
    const moves = { ArrowDown: at + 1, ArrowUp: at < 0 ? nodes.length - 1 : at - 1, Home: 0, End: nodes.length - 1 };
    if (event.key in moves && nodes.length) {
      event.preventDefault();
      nodes[Math.max(0, Math.min(moves[event.key], nodes.length - 1))].focus();
    } else if (current) this.shortcutKey(event, current);
  }

  shortcutKey(event, node) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const press = (selector) => node.querySelector(selector)?.click();
    const keys = { r: '.toolbar [aria-label="Add a reaction"]', t: "[data-reply]", l: "[data-shortcut]", m: '.toolbar [aria-label="More actions"]' };
    if (event.key === "Enter") press("[data-open-thread], [data-reply]");
    else if (keys[event.key]) press(keys[event.key]);
    else return;
    event.preventDefault();
  }
}
