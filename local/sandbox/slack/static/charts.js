/** `data_visualization`: bar, line, area and pie charts, with the same figures as a table for screen readers. */

import { h, svg } from "./dom.js";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [640, 240, 48, 12, 12, 30];
const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1, notation: "compact" });

const text = (x, y, words, anchor = "middle") => svg("text", { x, y, "text-anchor": anchor, class: "chart-text" }, document.createTextNode(words));

/** Round numbers from at or below the least to at or above the greatest value. */
function ticks(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const span = high - low || 1;
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => span / size <= 5);
  const first = Math.floor(low / step) * step;
  const count = Math.ceil((high - first) / step);
  return Array.from({ length: Math.max(count, 1) + 1 }, (_, index) => first + index * step);
}

function scales(chart) {
  const names = (chart.axis_config?.categories ?? chart.series[0].data.map((point) => point.label)).map(String);
  const marks = ticks(chart.series.flatMap((one) => one.data.map((point) => Number(point.value) || 0)));
  const [low, high] = [marks[0], marks.at(-1)];
  const band = (WIDTH - LEFT - RIGHT) / names.length;
  return { names, marks, band, x: (index) => LEFT + band * (index + 0.5), y: (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low)) };
}

function axes({ names, marks, x, y }) {
  const every = Math.ceil(names.length / 8);
  const lines = marks.flatMap((mark) => [svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(mark), y2: y(mark), class: mark === 0 ? "chart-zero" : "chart-line" }),
    text(LEFT - 8, y(mark) + 4, NUMBER.format(mark), "end")]);
  return [...lines, ...names.flatMap((name, index) => (index % every ? [] : [text(x(index), HEIGHT - 8, name.length > 12 ? `${name.slice(0, 11)}…` : name)]))];
}

const valueAt = (one, name) => Number(one.data.find((point) => String(point.label) === name)?.value) || 0;

function bars(chart, scale) {
  const width = Math.min((scale.band * 0.7) / chart.series.length, 42);
  return chart.series.flatMap((one, order) => scale.names.map((name, index) => {
    const value = valueAt(one, name);
    const left = scale.x(index) + (order - chart.series.length / 2) * width;
    return svg("rect", { x: left + 1, width: Math.max(width - 2, 1), y: Math.min(scale.y(value), scale.y(0)), height: Math.max(Math.abs(scale.y(0) - scale.y(value)), 1), rx: 3, class: `series series-${order + 1}` });
  }));
}

function lines(chart, scale, filled) {
  return chart.series.flatMap((one, order) => {
    const points = scale.names.map((name, index) => [scale.x(index), scale.y(valueAt(one, name))]);
    const path = points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
    const ground = scale.y(0).toFixed(1);
    const area = filled && svg("path", { d: `${path}L${points.at(-1)[0]} ${ground}L${points[0][0]} ${ground}Z`, class: `series-area series-${order + 1}` });
    const dots = points.map(([cx, cy]) => svg("circle", { cx, cy, r: 3.5, class: `series series-${order + 1}` }));
    return [...(area ? [area] : []), svg("path", { d: path, class: `series-path series-${order + 1}` }), ...dots];
  });
}

function pie(segments) {
  const total = segments.reduce((sum, one) => sum + Math.max(Number(one.value) || 0, 0), 0) || 1;
  let from = -Math.PI / 2;
  return segments.map((one, order) => {
    const to = from + (2 * Math.PI * Math.max(Number(one.value) || 0, 0)) / total * 0.99999;
    const at = (angle) => `${(120 + 105 * Math.cos(angle)).toFixed(2)} ${(120 + 105 * Math.sin(angle)).toFixed(2)}`;
    const slice = svg("path", { d: `M120 120L${at(from)}A105 105 0 ${to - from > Math.PI ? 1 : 0} 1 ${at(to)}Z`, class: `series slice series-${order + 1}` });
    from = to;
    return slice;
  });
}

function legend(names) {
  return h("ul", { class: "chart-legend" }, names.map((name, index) => h("li", {}, h("span", { class: `legend-mark series-${index + 1}` }), name)));
}

function figures(head, rows) {
  return h("div", { class: "sr" }, h("table", {}, h("thead", {}, h("tr", {}, head.map((cell) => h("th", { scope: "col" }, cell)))),
    h("tbody", {}, rows.map(([name, ...values]) => h("tr", {}, h("th", { scope: "row" }, name), values.map((value) => h("td", {}, value)))))));
}

function pieChart(chart) {
  const total = chart.segments.reduce((sum, one) => sum + Number(one.value), 0) || 1;
  const share = (one) => `${one.label} · ${NUMBER.format(one.value)} (${Math.round((100 * one.value) / total)} %)`;
  return [h("div", { class: "chart-pie" }, svg("svg", { viewBox: "0 0 240 240", class: "chart-drawing round", "aria-hidden": "true" }, ...pie(chart.segments)),
    legend(chart.segments.map(share))), figures(["Part", "Value"], chart.segments.map((one) => [one.label, one.value]))];
}

function plotted(chart) {
  const scale = scales(chart);
  const marks = chart.type === "bar" ? bars(chart, scale) : lines(chart, scale, chart.type === "area");
  const names = chart.series.map((one) => String(one.name));
  return [h("div", { class: "chart-frame" }, svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart-drawing", "aria-hidden": "true" }, ...axes(scale), ...marks)),
    names.length > 1 && legend(names), figures(["", ...names], scale.names.map((name) => [name, ...chart.series.map((one) => valueAt(one, name))]))];
}

/** The figure of a chart block; one that holds no figures says so. */
export function chart(block) {
  const drawn = block.chart ?? {};
  const full = drawn.type === "pie" ? drawn.segments?.length : drawn.series?.length && drawn.series.every((one) => Array.isArray(one?.data) && one.data.length);
  const body = !full ? h("p", { class: "muted" }, "No figures.") : drawn.type === "pie" ? pieChart(drawn) : plotted(drawn);
  return h("figure", { class: "chart" }, h("figcaption", {}, block.title), body);
}
