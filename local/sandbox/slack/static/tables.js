/** `table` blocks, and `data_table` blocks that sort, filter and page. */

import { announce, fill, h, uid, widget } from "./dom.js";
import { icon } from "./icons.js";
import { richText } from "./richtext.js";
import { scroller } from "./scroller.js";

function content(cell) {
  if (cell === null || cell === undefined) return [];
  if (typeof cell !== "object") return [String(cell)];
  if (cell.type === "rich_text") return richText(cell);
  return [String(cell.text ?? cell.value ?? "")];
}

function classOf(cell, settings) {
  const align = settings?.align ?? (cell?.type === "raw_number" ? "right" : undefined);
  return [["center", "right"].includes(align) && `align-${align}`, settings?.is_wrapped === false && "nowrap", cell?.type === "raw_number" && "number"]
    .filter(Boolean).join(" ") || undefined;
}

/** A plain table; the first row heads it. */
export function table(block) {
  const [head = [], ...rows] = block.rows ?? [];
  const settings = block.column_settings ?? [];
  const cells = (row, tag) => row.map((cell, index) =>
    h(tag, { class: classOf(cell, settings[index]), scope: tag === "th" ? "col" : undefined }, content(cell)));
  return scroller("Table", h("table", { class: "table rich" }, h("thead", {}, h("tr", {}, cells(head, "th"))),
    h("tbody", {}, rows.map((row) => h("tr", {}, cells(row, "td"))))));
}

const textOf = (cell) => content(cell).map((part) => (part instanceof Node ? part.textContent : part)).join(" ");
const worth = (cell) => (cell?.type === "raw_number" ? Number(cell.value) : textOf(cell).toLowerCase());

function compare(a, b) {
  const [left, right] = [worth(a), worth(b)];
  if (typeof left === "number" && typeof right === "number") return left - right;
  return String(left).localeCompare(String(right), undefined, { numeric: true });
}

class DataTable {
  constructor(block) {
    this.block = block;
    [this.head = [], ...this.rows] = block.rows ?? [];
    this.size = Math.min(Math.max(Number(block.page_size) || 5, 1), 100);
    this.page = 0;
    this.sort = null; // {column, direction: 1 | -1}
    this.query = "";
    this.body = h("tbody");
    this.foot = h("div", { class: "data-foot" });
    this.node = this.build();
    this.render();
  }

  build() {
    const captionId = uid("caption");
    this.headers = this.head.map((cell, index) => this.header(cell, index));
    const filter = h("input", { type: "search", class: "input data-filter", placeholder: "Filter", "aria-label": `Filter ${this.block.caption ?? "the table"}`, on: { input: (event) => this.filter(event.target.value) } });
    return h("div", { class: "data-table" },
      h("div", { class: "data-head" }, h("span", { class: "data-caption", id: captionId }, this.block.caption), this.rows.length > this.size && filter),
      scroller(this.block.caption || "Table", h("table", { class: "table rich", "aria-labelledby": captionId },
        h("thead", {}, h("tr", {}, this.headers)), this.body)),
      this.foot);
  }

  header(cell, index) {
    const sorted = h("button", { type: "button", class: "sort", on: { click: () => this.sortBy(index) } }, content(cell), h("span", { class: "sort-mark" }, icon("down", 12)));
    return h("th", { scope: "col", class: classOf(this.rows[0]?.[index]), "aria-sort": "none" }, sorted);
  }

  sortBy(column) {
    const direction = this.sort?.column === column ? -this.sort.direction : 1;
    this.sort = { column, direction };
    this.headers.forEach((header, index) => header.setAttribute("aria-sort", index === column ? (direction > 0 ? "ascending" : "descending") : "none"));
    this.page = 0;
    this.render();
  }

  filter(query) {
    this.query = query.trim().toLowerCase();
    this.page = 0;
    this.render();
    announce(`${this.visible().length} rows`);
  }

  visible() {
    const rows = this.rows.filter((row) => !this.query || row.some((cell) => textOf(cell).toLowerCase().includes(this.query)));
    if (this.sort) rows.sort((a, b) => this.sort.direction * compare(a[this.sort.column], b[this.sort.column]));
    return rows;
  }

  row(cells) {
    const main = Number(this.block.row_header_column_index) || 0;
    return h("tr", {}, cells.map((cell, index) =>
      h(index === main ? "th" : "td", { scope: index === main ? "row" : undefined, class: classOf(cell) }, content(cell))));
  }

  turn(by) {
    this.page += by;
    this.render();
    const buttons = [...this.foot.querySelectorAll("button:not(:disabled)")];
    (buttons.find((one) => one.dataset.turn === String(by)) ?? buttons[0])?.focus();
  }

  render() {
    const rows = this.visible();
    const from = this.page * this.size;
    fill(this.body, rows.slice(from, from + this.size).map((row) => this.row(row)),
      !rows.length && h("tr", {}, h("td", { colspan: this.head.length || 1, class: "muted" }, "No row matches.")));
    const button = (by, name, drawing, off) => h("button", { type: "button", class: "icon-button", "aria-label": name, disabled: off, data: { turn: by }, on: { click: () => this.turn(by) } }, icon(drawing, 16));
    fill(this.foot, rows.length > this.size && [
      h("span", {}, `${from + 1}–${Math.min(from + this.size, rows.length)} of ${rows.length}`),
      button(-1, "Earlier rows", "back", this.page === 0), button(1, "Later rows", "next", from + this.size >= rows.length)]);
  }
}

export const dataTable = (block) => widget(block, new DataTable(block).node);
