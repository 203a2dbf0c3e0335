/** Selects of all kinds as one combobox: a field to type in, a list to choose from, chips where several may be chosen. */

import { announce, fill, h, uid } from "./dom.js";
import { asField, changed } from "./fields.js";
import { icon } from "./icons.js";
import { plain } from "./mrkdwn.js";
import { filtered, grouped, kindOf, suggest } from "./picker_sources.js";
import { closePopup, popupFor, replacePopup, showPopup } from "./popup.js";

const MANY = 100;

class Picker {
  constructor(spec) {
    this.spec = spec;
    this.kind = kindOf(spec);
    this.chosen = this.kind.selected(spec);
    this.source = this.kind.source(spec);
    this.active = -1;
    this.note = "";
    this.build();
    this.show();
  }

  build() {
    const label = this.spec.placeholder ? plain(this.spec.placeholder) : this.kind.multiple ? "Choose some" : "Choose one";
    this.listId = uid("list");
    this.placeholder = label;
    this.input = h("input", {
      type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", class: "picker-input", "aria-label": label,
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-haspopup": "listbox", data: { actionId: this.spec.action_id ?? "" },
      on: { keydown: (event) => this.key(event), input: () => this.search(), click: () => this.open(), blur: () => this.left() },
    });
    this.chips = h("span", { class: "picker-chips" });
    this.node = h("div", { class: this.kind.multiple ? "picker picker-multi" : "picker", on: { pointerdown: (event) => this.pressed(event) } },
      this.chips, this.input, h("span", { class: "picker-arrow" }, icon("down", 14)));
    asField(this.node, {
      type: this.spec.type, actionId: this.spec.action_id,
      read: () => ({ type: this.spec.type, ...this.kind.state(this.chosen, this.kind.multiple) }),
      restore: (old) => { this.chosen = this.kind.restored(old); this.show(); },
      empty: () => this.chosen.length === 0,
      focus: () => this.input.focus(),
    });
  }

  /** The chosen options as the closed control shows them. */
  show() {
    this.showText();
    fill(this.chips, this.kind.multiple ? this.chosen.map((option) => this.chip(option)) : []);
  }

  showText() {
    const single = this.kind.multiple ? undefined : this.chosen[0];
    this.input.value = single ? plain(single.text) : "";
    this.input.placeholder = this.kind.multiple && this.chosen.length ? "" : this.placeholder;
  }

  chip(option) {
    const text = plain(option.text);
    return h("span", { class: "chip" }, text, h("button", {
      type: "button", class: "chip-remove", "aria-label": `Remove ${text}`, on: { click: () => this.choose(option) },
    }, icon("close", 11)));
  }

  get opened() { return Boolean(popupFor(this.node)); }

  /** What filters the list: nothing while the field still shows the chosen option. */
  get query() {
    const text = this.input.value;
    return !this.kind.multiple && this.chosen[0] && text === plain(this.chosen[0].text) ? "" : text;
  }

  pressed(event) {
    if (event.target === this.input || event.target.closest("button")) return;
    event.preventDefault();
    this.input.focus();
    this.toggle();
  }

  toggle() {
    if (this.opened) closePopup();
    else this.open();
  }

  open() {
    if (this.opened) return;
    this.list = h("div", { class: "listbox", role: "listbox", id: this.listId, "aria-label": this.placeholder, "aria-multiselectable": this.kind.multiple ? "true" : undefined });
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.input.setAttribute("aria-expanded", "true");
    this.input.setAttribute("aria-controls", this.listId);
    showPopup(this.list, this.node, { width: "anchor", onClose: () => this.closed() });
    if (!this.kind.multiple) this.input.select();
    if (this.kind.external) this.search();
    else this.render();
  }

  closed() {
    this.active = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.input.removeAttribute("aria-controls");
  }

  left() {
    if (this.opened) closePopup();
    const cleared = !this.kind.multiple && this.input.value === "" && this.chosen.length && this.node.closest("[data-input]");
    if (cleared) {
      this.chosen = [];
      changed(this.node, this.spec);
    }
    this.showText();
  }

  render() {
    if (!this.opened) return;
    const groups = this.kind.external ? filtered(this.source, "") : filtered(this.source, this.query);
    this.shown = groups.flatMap((group) => group.options).slice(0, MANY);
    this.rows = this.shown.map((option) => this.row(option));
    let index = 0;
    fill(this.list, groups.map((group) => {
      const rows = this.rows.slice(index, (index += group.options.length));
      return group.label ? h("div", { role: "group", "aria-label": group.label }, h("div", { class: "listbox-group", "aria-hidden": "true" }, group.label), rows) : rows;
    }), !this.rows.length && h("p", { class: "listbox-note" }, this.note || "Nothing matches."));
    const chosen = this.shown.findIndex((option) => this.has(option));
    this.mark(this.query || this.kind.multiple ? 0 : Math.max(chosen, 0));
    replacePopup();
  }

  row(option) {
    return h("div", { class: "option", role: "option", id: uid("opt"), "aria-selected": String(this.has(option)), data: { value: option.value }, on: { click: () => this.choose(option) } },
      h("span", { class: "option-text" }, plain(option.text), option.description && h("span", { class: "option-hint" }, plain(option.description))),
      this.has(option) && icon("check", 16));
  }

  has(option) { return this.chosen.some((one) => one.value === option.value); }

  mark(index) {
    this.rows[this.active]?.classList.remove("active");
    this.active = this.rows.length ? (index + this.rows.length) % this.rows.length : -1;
    const row = this.rows[this.active];
    if (!row) return this.input.removeAttribute("aria-activedescendant");
    row.classList.add("active");
    row.scrollIntoView({ block: "nearest" });
    return this.input.setAttribute("aria-activedescendant", row.id);
  }

  choose(option) {
    const full = this.spec.max_selected_items && this.chosen.length >= this.spec.max_selected_items;
    if (!this.kind.multiple) this.chosen = [option];
    else if (this.has(option)) this.chosen = this.chosen.filter((one) => one.value !== option.value);
    else if (full) return announce(`No more than ${this.spec.max_selected_items} can be chosen.`);
    else this.chosen = [...this.chosen, option];
    if (this.kind.multiple) this.input.value = "";
    this.show();
    closePopup();
    this.input.focus();
    return changed(this.node, this.spec);
  }

  key(event) {
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      if (this.opened) this.mark(this.active + (key === "ArrowDown" ? 1 : -1));
      else this.open();
    } else if (key === "Enter") {
      event.preventDefault();
      if (!this.opened) this.open();
      else if (this.shown?.[this.active]) this.choose(this.shown[this.active]);
    } else if (key === "Escape" && this.opened) {
      event.stopPropagation();
      closePopup();
      this.show();
    } else if (key === "Backspace" && this.kind.multiple && !this.input.value && this.chosen.length) this.choose(this.chosen.at(-1));
  }

  search() {
    if (!this.opened) this.open();
    if (!this.kind.external) return this.render();
    const least = this.spec.min_query_length ?? 3;
    clearTimeout(this.timer);
    this.source = { options: [] };
    if (this.query.length < least) return this.tell(`Type at least ${least} character${least === 1 ? "" : "s"}.`);
    this.tell("Searching…");
    this.timer = setTimeout(() => this.ask(this.query), 200);
    return undefined;
  }

  tell(note) {
    this.note = note;
    this.render();
  }

  async ask(query) {
    try {
      const answer = await suggest(this.node, this.spec, query);
      if (query !== this.query) return;
      this.source = grouped(answer);
      this.tell(answer.error ? "The app could not suggest anything." : "Nothing found.");
    } catch (error) {
      this.tell(error.message);
    }
  }
}

export const picker = (spec) => new Picker(spec).node;
