/** The thread pane beside the conversation. */

import { attempt, post } from "./api.js";
import { askText, dialogOpen } from "./dialog.js";
import { announce, fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { Composer } from "./composer.js";
import { MessageList } from "./list.js";
import { Prompts } from "./prompts.js";
import { channelName, channelOf, emit, isBotChannel, keyOf, on, state } from "./state.js";
import { StatusLine } from "./status.js";

const where = () => (state.thread ? { channel: state.thread.channel, thread: state.thread.ts } : null);

export class ThreadPane {
  constructor() {
    this.pane = document.getElementById("thread");
    this.list = new MessageList(document.getElementById("thread-messages"), "thread", () => h("p", {}, "This thread is empty."));
    this.composer = new Composer({ id: "thread-composer", send: "thread-send", label: "Reply in thread" }, where, () => this.list.toEnd());
    this.status = new StatusLine(where);
    this.prompts = new Prompts(where, this.composer);
    fill(document.getElementById("thread-foot"), this.prompts.node, this.status.node, this.composer.node);
    this.pane.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !dialogOpen()) this.close();
    });
    on("open-thread", (place) => this.open(place));
    on("close-thread", () => this.close());
  }

  get opener() { return document.querySelector(`#messages [data-ts="${CSS.escape(this.last?.ts ?? "")}"]`) ?? document.getElementById("composer"); }

  /** Show the thread `{channel, ts}`; with `focus` the keyboard moves to its composer. */
  async open({ channel, ts, focus }) {
    const same = state.thread?.channel === channel && state.thread?.ts === ts;
    state.thread = { channel, ts };
    this.last = state.thread;
    this.pane.hidden = false;
    document.getElementById("shell").classList.add("with-thread");
    this.head();
    if (!same) this.composer.enter("Reply in thread");
    this.draw();
    emit("place");
    if (focus) this.composer.box.focus();
    if (same) return;
    announce("Thread opened.");
    await this.list.load({ channel, thread_ts: ts });
  }

  close() {
    if (!state.thread) return;
    state.thread = null;
    this.pane.hidden = true;
    document.getElementById("shell").classList.remove("with-thread");
    emit("place");
    this.opener?.focus({ preventScroll: true });
  }

  head() {
    const { channel, ts } = state.thread;
    const title = state.titles.get(keyOf(channel, ts)) || "Thread";
    fill(document.getElementById("thread-header"),
      h("button", { type: "button", class: "icon-button only-narrow", "aria-label": "Back to the conversation", on: { click: () => this.close() } }, icon("back")),
      h("div", { class: "pane-titles" }, h("h2", { class: "pane-title" }, title), h("p", { class: "pane-subtitle" }, channelName(channelOf(channel)))),
      isBotChannel(channel) && h("button", { type: "button", class: "icon-button", "aria-label": "Rename the conversation", title: "Rename", "data-rename": true, on: { click: () => this.rename(title) } }, icon("pencil", 16)),
      h("button", { type: "button", class: "icon-button", id: "close-thread", "aria-label": "Close the thread", title: "Close (Esc)", on: { click: () => this.close() } }, icon("close")));
  }

  async rename(title) {
    const { channel, ts } = state.thread;
    const named = await askText({ title: "Rename the conversation", label: "Title", confirm: "Rename", value: title === "Thread" ? "" : title });
    if (named) attempt(() => post("/page/rename", { channel, thread_ts: ts, title: named }));
  }

  draw() {
    this.status.draw();
    this.prompts.draw();
  }

  async reload() {
    if (state.thread) await this.list.load({ channel: state.thread.channel, thread_ts: state.thread.ts });
  }
}
