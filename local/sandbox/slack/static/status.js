/** What the app is doing in the open conversation: "is thinking…", its loading messages in turn, and Stop. */

import { attempt, post } from "./api.js";
import { announce, fill, h } from "./dom.js";
import { avatar, icon } from "./icons.js";
import { botUser, keyOf, nameOfUser, state, userOf } from "./state.js";

const TURN = 2600; // milliseconds a loading message stands

/** The line above a composer. `where()` gives {channel, thread} or null. */
export class StatusLine {
  constructor(where) {
    this.where = where;
    this.node = h("div", { class: "status-line", hidden: true });
    this.words = h("span", { class: "status-words" });
    this.turn = 0;
    setInterval(() => this.rotate(), TURN);
  }

  get entry() {
    const place = this.where();
    if (!place) return undefined;
    const key = keyOf(place.channel, place.thread);
    const stream = state.streams.get(key);
    const status = state.statuses.get(key);
    if (!stream && !status?.status) return undefined;
    return { ...place, stream, status: stream ? "is answering…" : status.status, loading: stream ? [] : (status.loading_messages ?? []) };
  }

  rotate() {
    const { entry } = this;
    if (!entry?.loading.length) return;
    this.turn += 1;
    this.words.textContent = entry.loading[this.turn % entry.loading.length];
  }

  draw() {
    const { entry } = this;
    const said = entry ? `${entry.status}${entry.stream ?? ""}${entry.loading.join()}` : "";
    if (said === this.said) return;
    this.said = said;
    this.node.hidden = !entry;
    if (!entry) return;
    const app = userOf(botUser());
    this.turn = 0;
    this.words.textContent = entry.loading[0] ?? entry.status;
    const stop = h("button", { type: "button", class: "button small stop", "data-stop": true, on: { click: (event) => this.stop(event.currentTarget) } }, icon("stop", 14), "Stop");
    fill(this.node, avatar(app, "s"), h("span", { class: "status-text" }, h("strong", {}, nameOfUser(app)), " ", this.words),
      h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), stop);
    announce(`${nameOfUser(app)} ${entry.status}`);
  }

  async stop(button) {
    const { entry } = this;
    if (!entry) return;
    button.disabled = true;
    await attempt(() => post("/page/stop", { channel: entry.channel, ts: entry.stream ?? entry.thread, thread_ts: entry.thread }));
    button.disabled = false;
  }
}
