/** Task cards and plans: what the app is doing, step by step. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { link } from "./links.js";
import { markdown } from "./markdown.js";
import { richText } from "./richtext.js";

const STATUS = {
  pending: ["Waiting", "clock"], in_progress: ["In progress", null], complete: ["Done", "check"], error: ["Failed", "cross"],
};

const body = (value) => (typeof value === "string" ? markdown(value) : richText(value));

function mark(status) {
  const [label, drawing] = STATUS[status] ?? STATUS.pending;
  return h("span", { class: "task-mark", role: "img", "aria-label": label }, drawing ? icon(drawing, 14) : h("span", { class: "spinner" }));
}

function sources(list) {
  const items = (list ?? []).map((source) => h("li", {}, link(source.url, source.text || source.url)));
  return items.length > 0 && h("div", { class: "task-sources" }, h("span", { class: "task-label" }, "Sources"), h("ul", {}, items));
}

/** A task: `{id, title, status, details?, output?, sources?}`. What it found out folds open. */
export function taskCard(task) {
  const status = STATUS[task.status] ? task.status : "pending";
  const head = [mark(status), h("span", { class: "task-title" }, task.title)];
  const parts = [task.details && h("div", { class: "task-details rich" }, body(task.details)),
    task.output && h("div", { class: "task-output rich" }, body(task.output)), sources(task.sources)].filter(Boolean);
  const frame = { class: `task task-${status}`, key: `task-${task.id ?? task.task_id}`, data: { taskStatus: status, taskId: task.id ?? task.task_id } };
  if (!parts.length) return h("div", { ...frame, kind: "task-line" }, h("div", { class: "task-head" }, head));
  return h("div", { ...frame, kind: "task-fold" }, h("details", { open: status === "error" },
    h("summary", { class: "task-head" }, head, h("span", { class: "chevron" }, icon("down", 14))), h("div", { class: "task-body" }, parts)));
}

export const taskBlock = (block) => taskCard({ ...block, id: block.task_id });

/** Tasks under one title, with how many are done. */
export function plan(title, tasks) {
  const done = tasks.filter((task) => task.status === "complete").length;
  const working = tasks.some((task) => task.status === "in_progress");
  return h("section", { class: "plan", "aria-label": title || "Plan" },
    h("header", { class: "plan-head" }, icon("list", 16), h("span", { class: "plan-title" }, title || (working ? "Working on it" : "Plan")),
      tasks.length > 0 && h("span", { class: "plan-count" }, `${done} of ${tasks.length}`)),
    h("div", { class: "plan-tasks" }, tasks.map(taskCard)));
}

export const planBlock = (block) => plan(block.title, (block.tasks ?? []).map((task) => ({ ...task, id: task.task_id ?? task.id })));

/** The live tasks of a streaming message: a plan where there is a title, loose cards otherwise. */
export function liveTasks(message) {
  const tasks = message.tasks ?? [];
  if (!tasks.length && !message.plan) return [];
  const title = typeof message.plan === "object" ? message.plan?.title : message.plan;
  return title ? [plan(title, tasks)] : tasks.map(taskCard);
}
