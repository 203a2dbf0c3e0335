/** The list above a composer: slash commands, people, channels and emoji that fit what is being typed. */

import { fill, h, uid } from "./dom.js";
import { emojiOf, searchEmoji } from "./emoji.js";
import { dress } from "./glyphs.js";
import { avatar, icon } from "./icons.js";
import { nameOfUser, state } from "./state.js";

const entry = (insert, title, hint, lead) => ({ insert, title, hint, lead });

function commands(text) {
  const found = /^\/(\S*)$/.exec(text);
  if (!found) return [];
  return state.boot.commands.filter((one) => one.command.slice(1).startsWith(found[1].toLowerCase()))
    .map((one) => entry(`${one.command} `, one.command, [one.hint, one.description].filter(Boolean).join(" — "), icon("bolt", 16)));
}

function people(query) {
  const fits = (user) => `${user.name} ${nameOfUser(user)}`.toLowerCase().includes(query);
  return state.boot.users.filter(fits).slice(0, 8).map((user) => entry(`@${user.name} `, nameOfUser(user), user.title, avatar(user, "s")));
}

function channels(query) {
  return state.boot.channels.filter((one) => one.kind !== "im" && one.name.includes(query)).slice(0, 8)
    .map((one) => entry(`#${one.name} `, one.name, "", icon("hash", 16)));
}

const emoji = (query) => (query.length < 2 ? [] : searchEmoji(query).map((name) => entry(`:${name}: `, `:${name}:`, "", emojiOf(name))));

const TRIGGERS = { "@": people, "#": channels, ":": emoji };

/** What fits at the caret: `{start, entries}`; entries replace the text from `start` to the caret. */
function fitting(text, caret) {
  const head = text.slice(0, caret);
  const slash = commands(head);
  if (slash.length) return { start: 0, entries: slash };
  const found = /(?:^|\s)([@#:])([\w.+-]*)$/.exec(head);
  if (!found) return { start: 0, entries: [] };
  return { start: caret - found[2].length - 1, entries: TRIGGERS[found[1]](found[2].toLowerCase()) };
}

export class Suggestions {
  /** Attach to a textarea; `changed` is told after something was inserted. */
  constructor(box, changed) {
    Object.assign(this, { box, changed, entries: [], active: 0, start: 0 });
    this.id = uid("suggest");
    this.node = h("div", { class: "suggest", role: "listbox", id: this.id, "aria-label": "Suggestions", hidden: true });
    this.hint = h("div", { class: "suggest-hint", hidden: true });
    this.node.addEventListener("pointerdown", (event) => event.preventDefault());
    box.addEventListener("blur", () => this.close());
  }

  update() {
    const { start, entries } = fitting(this.box.value, this.box.selectionStart);
    Object.assign(this, { start, entries, active: 0 });
    this.draw();
    this.drawHint();
  }

  /** While a command's words are typed, its usage stays in sight. */
  drawHint() {
    const word = /^(\/\S+)\s/.exec(this.box.value)?.[1];
    const command = state.boot?.commands.find((one) => one.command === word);
    this.hint.hidden = !command;
    if (command) fill(this.hint, h("code", {}, command.command), h("span", {}, [command.hint, command.description].filter(Boolean).join(" — ")));
  }

  draw() {
    this.node.hidden = !this.entries.length;
    this.box.toggleAttribute("aria-controls", false);
    if (this.node.hidden) {
      this.box.removeAttribute("aria-activedescendant");
      return;
    }
    this.box.setAttribute("aria-controls", this.id);
    this.box.setAttribute("aria-activedescendant", `${this.id}-${this.active}`);
    dress(fill(this.node, this.entries.map((one, index) => h("div", {
      role: "option", id: `${this.id}-${index}`, class: index === this.active ? "suggestion active" : "suggestion",
      "aria-selected": String(index === this.active), on: { click: () => this.insert(one) },
    }, h("span", { class: "suggestion-lead" }, one.lead), h("span", { class: "suggestion-title" }, one.title), h("span", { class: "suggestion-hint" }, one.hint)))));
    this.node.children[this.active].scrollIntoView({ block: "nearest" });
  }

  close() {
    this.entries = [];
    this.draw();
  }

  insert(one) {
    const caret = this.box.selectionStart;
    this.box.setRangeText(one.insert, this.start, caret, "end");
    this.close();
    this.drawHint();
    this.changed();
    this.box.focus();
  }

  /** Whether the key was for the list. Enter on a command that is complete sends it instead. */
  key(event) {
    if (!this.entries.length) return false;
    const chosen = this.entries[this.active];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.active = (this.active + (event.key === "ArrowDown" ? 1 : -1) + this.entries.length) % this.entries.length;
      this.draw();
    } else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && chosen.insert.trim() !== this.box.value.trim())) this.insert(chosen);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}
