/** The message box: Enter sends, Shift+Enter breaks the line, "/" runs commands, files by button, drop or paste. */

import { attempt, post, upload } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./popup.js";
import { emit, kept, state } from "./state.js";
import { Suggestions } from "./suggest.js";

const HISTORY = 30;

/** `#name` as Slack's client writes it; names of people the sandbox finds itself. */
function withChannels(text) {
  const known = new Map(state.boot.channels.filter((one) => one.kind !== "im").map((one) => [one.name, one.id]));
  return text.replace(/(^|[\s(])#([\w-]+)/g, (whole, lead, name) => (known.has(name) ? `${lead}<#${known.get(name)}|${name}>` : whole));
}

export class Composer {
  /** `names`: {id, send, label}; `where()`: {channel, thread} or null; `sent(answer, place)` after a message left. */
  constructor(names, where, sent) {
    Object.assign(this, { names, where, sent, files: [], history: [], at: -1 });
    this.box = h("textarea", {
      id: names.id, class: "composer-box", rows: 1, "aria-label": names.label, autocomplete: "off", placeholder: names.label, "aria-autocomplete": "list",
      on: { keydown: (event) => this.key(event), input: () => this.typed(), paste: (event) => this.take(event.clipboardData.files, event), click: () => this.suggest.update() },
    });
    this.suggest = new Suggestions(this.box, () => this.typed());
    this.picker = h("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", id: `${names.id}-files`, on: { change: () => this.picked() } });
    this.send = h("button", { type: "button", id: names.send, class: "send", "aria-label": "Send", title: "Send (Enter)", disabled: true, on: { click: () => this.submit() } }, icon("send", 18));
    this.chips = h("ul", { class: "file-chips", "aria-label": "Files to send", hidden: true });
    const plus = h("button", { type: "button", class: "icon-button", "aria-label": "Add a file or run a shortcut", "aria-haspopup": "menu", "aria-expanded": "false", on: { click: (event) => this.menu(event.currentTarget) } }, icon("plus"));
    this.node = h("div", { class: "composer", on: {
      dragover: (event) => this.drag(event, true), dragleave: (event) => this.drag(event, false), drop: (event) => this.drop(event) } },
    this.suggest.node, this.suggest.hint, this.chips, h("div", { class: "composer-row" }, plus, this.picker, this.box, this.send));
  }

  get draftKey() {
    const place = this.where();
    return place ? `draft/${state.user}/${place.channel}/${place.thread ?? ""}` : "";
  }

  /** Show the draft of the place the composer now stands in. */
  enter(label) {
    this.box.placeholder = label;
    this.box.setAttribute("aria-label", label);
    this.box.value = kept.get(this.draftKey);
    this.files = [];
    this.drawFiles();
    this.fit();
    this.suggest.close();
  }

  typed() {
    kept.set(this.draftKey, this.box.value);
    this.at = -1;
    this.fit();
    this.suggest.update();
  }

  fit() {
    this.send.disabled = !this.box.value.trim() && !this.files.length;
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, 240)}px`;
  }

  key(event) {
    if (event.isComposing || this.suggest.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") this.recall(event);
  }

  /** In an empty box the arrows bring back what was sent before. */
  recall(event) {
    const recalling = this.at >= 0 && this.box.value === this.history[this.at];
    if ((this.box.value && !recalling) || !this.history.length) return;
    const next = this.at + (event.key === "ArrowUp" ? 1 : -1);
    if (next >= this.history.length) return;
    event.preventDefault();
    this.box.value = next < 0 ? "" : this.history[next];
    kept.set(this.draftKey, this.box.value);
    this.fit();
    this.at = Math.max(next, -1);
  }

  async submit() {
    const place = this.where();
    const text = this.box.value.trim();
    if (!place || (!text && !this.files.length)) return;
    const files = this.files;
    this.box.value = "";
    this.files = [];
    this.drawFiles();
    this.typed();
    if (text) this.history = [text, ...this.history.filter((one) => one !== text)].slice(0, HISTORY);
    const answer = await this.deliver(place, text, files);
    if (answer) this.sent(answer, place);
    else this.giveBack(text, files);
  }

  deliver(place, text, files) {
    const [, command, rest] = /^(\/[\w-]+)(?:\s+([\s\S]*))?$/.exec(text) ?? [];
    if (command && !files.length && this.isCommand(command)) {
      return attempt(() => post("/page/command", { channel: place.channel, command, text: rest ?? "", thread_ts: place.thread }));
    }
    if (files.length) return this.sendFiles(place, text, files);
    return attempt(() => post("/page/message", { channel: place.channel, text: withChannels(text), thread_ts: place.thread }));
  }

  isCommand(command) {
    if (state.boot.commands.some((one) => one.command === command)) return true;
    return !/^\/\w+\//.test(command);
  }

  async sendFiles(place, text, files) {
    let answer;
    for (const [index, file] of files.entries()) {
      answer = await attempt(() => upload({ channel: place.channel, thread_ts: place.thread, file, text: index ? "" : text }));
      if (!answer) return undefined;
    }
    return answer;
  }

  /** What could not be sent returns to the box, unless something new stands there. */
  giveBack(text, files) {
    if (this.box.value) return;
    this.box.value = text;
    this.files = files;
    this.drawFiles();
    this.typed();
  }

  take(list, event) {
    if (!list?.length) return;
    event?.preventDefault();
    this.files = [...this.files, ...list].slice(0, 10);
    this.drawFiles();
    this.fit();
    this.box.focus();
  }

  picked() {
    this.take(this.picker.files);
    this.picker.value = "";
  }

  drag(event, inside) {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    this.node.classList.toggle("dropping", inside);
  }

  drop(event) {
    this.node.classList.remove("dropping");
    this.take(event.dataTransfer?.files, event);
  }

  drawFiles() {
    this.chips.hidden = !this.files.length;
    this.chips.replaceChildren(...this.files.map((file) => h("li", { class: "chip" }, icon("file", 14), file.name, h("button", {
      type: "button", class: "chip-remove", "aria-label": `Remove ${file.name}`, on: { click: () => this.unpick(file) } }, icon("close", 11)))));
  }

  unpick(file) {
    this.files = this.files.filter((one) => one !== file);
    this.drawFiles();
    this.fit();
    this.box.focus();
  }

  menu(anchor) {
    const place = this.where();
    const global = (state.boot.shortcuts ?? []).filter((one) => one.type === "global");
    openMenu(anchor, "Add", [
      { label: "Upload a file", icon: icon("attach", 16), run: () => this.picker.click() },
      { label: "Run a slash command", icon: icon("bolt", 16), description: "or type /", run: () => this.prefill("/") },
      ...global.map((one) => ({ label: one.name, icon: icon("bolt", 16), run: () => attempt(() => post("/page/shortcut", { callback_id: one.callback_id, channel: place?.channel })) })),
    ], "start");
  }

  prefill(text) {
    this.box.value = text;
    this.box.focus();
    this.typed();
    emit("composed");
  }
}
