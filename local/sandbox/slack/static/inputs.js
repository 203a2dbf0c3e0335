/** Text, number, date, time and file inputs. */

import { upload } from "./api.js";
import { h } from "./dom.js";
import { asField, changed } from "./fields.js";
import { plain } from "./mrkdwn.js";

const KINDS = { plain_text_input: "text", email_text_input: "email", url_text_input: "url", number_input: "text", rich_text_input: "text" };

function dispatchConfig(spec) {
  return spec.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
}

function typedHandlers(spec, box) {
  let timer = null;
  return {
    input: () => {
      box().dispatchEvent(new CustomEvent("fieldchange", { bubbles: true }));
      if (!dispatchConfig(spec).includes("on_character_entered")) return;
      clearTimeout(timer);
      timer = setTimeout(() => changed(box(), spec), 250);
    },
    keydown: (event) => {
      const input = box().closest("[data-input]");
      const enter = event.key === "Enter" && !event.shiftKey && !event.isComposing && !spec.multiline;
      if (!enter || (input && input.dataset.dispatch !== "true")) return;
      if (!dispatchConfig(spec).includes("on_enter_pressed")) return;
      event.preventDefault();
      changed(box(), spec);
    },
  };
}

function richValue(text) {
  return text ? { type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text }] }] } : null;
}

function richInitial(value) {
  return (value?.elements ?? []).map((element) => (element.elements ?? []).map((part) => part.text ?? "").join("")).join("\n");
}

/** A line or several lines of text, an address, a number. */
export function textInput(spec) {
  const multiline = spec.multiline || spec.type === "rich_text_input";
  const rich = spec.type === "rich_text_input";
  const initial = rich ? richInitial(spec.initial_value) : (spec.initial_value ?? "");
  const node = h(multiline ? "textarea" : "input", {
    type: multiline ? undefined : KINDS[spec.type], class: "input", rows: multiline ? 4 : undefined, value: initial,
    inputmode: spec.type === "number_input" ? (spec.is_decimal_allowed ? "decimal" : "numeric") : undefined,
    placeholder: spec.placeholder && plain(spec.placeholder), autocomplete: "off", data: { actionId: spec.action_id ?? "" },
    on: typedHandlers(spec, () => node),
  });
  return asField(node, {
    type: spec.type, actionId: spec.action_id,
    read: () => (rich ? { type: spec.type, rich_text_value: richValue(node.value) } : { type: spec.type, value: node.value === "" ? null : node.value }),
    restore: (old) => { node.value = rich ? richInitial(old.rich_text_value) : (old.value ?? ""); },
    empty: () => node.value.trim() === "",
    problem: () => textProblem(spec, node.value),
    focus: () => node.focus(),
  });
}

function numberProblem(spec, text) {
  const pattern = spec.is_decimal_allowed ? /^-?\d*\.?\d+$/ : /^-?\d+$/;
  if (!pattern.test(text)) return spec.is_decimal_allowed ? "Enter a number." : "Enter a whole number.";
  const value = Number(text);
  if (spec.min_value !== undefined && value < Number(spec.min_value)) return `Enter ${spec.min_value} or more.`;
  if (spec.max_value !== undefined && value > Number(spec.max_value)) return `Enter ${spec.max_value} or less.`;
  return undefined;
}

/** What is wrong with the text, in a sentence; undefined if nothing is. Empty text is the caller's question. */
export function textProblem(spec, value) {
  const text = value.trim();
  if (!text) return undefined;
  if (spec.type === "number_input") return numberProblem(spec, text);
  if (spec.type === "email_text_input" && !/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text)) return "Enter an email address.";
  if (spec.type === "url_text_input" && !/^https?:\/\/[^\s.]+[^\s]*$/i.test(text)) return "Enter a web address that begins with https:// or http://.";
  if (spec.min_length && value.length < spec.min_length) return `Write at least ${spec.min_length} characters (now ${value.length}).`;
  if (spec.max_length && value.length > spec.max_length) return `Write at most ${spec.max_length} characters (now ${value.length}).`;
  return undefined;
}

const pad = (number) => String(number).padStart(2, "0");

function localMinute(epoch) {
  const date = new Date(epoch * 1000);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

const WHEN = {
  datepicker: {
    input: "date", label: "Date", initial: (spec) => spec.initial_date ?? "",
    state: (value) => ({ selected_date: value || null }), text: (old) => old.selected_date ?? "",
  },
  timepicker: {
    input: "time", label: "Time", initial: (spec) => spec.initial_time ?? "",
    state: (value) => ({ selected_time: value || null }), text: (old) => old.selected_time ?? "",
  },
  datetimepicker: {
    input: "datetime-local", label: "Date and time", initial: (spec) => (spec.initial_date_time ? localMinute(spec.initial_date_time) : ""),
    state: (value) => ({ selected_date_time: value ? Math.floor(new Date(value).getTime() / 1000) : null }),
    text: (old) => (old.selected_date_time ? localMinute(old.selected_date_time) : ""),
  },
};

/** A date, a time or both, with the browser's own picker. */
export function whenInput(spec) {
  const when = WHEN[spec.type];
  const label = spec.placeholder ? plain(spec.placeholder) : when.label;
  const node = h("input", {
    type: when.input, class: "input input-when", value: when.initial(spec), title: label, "aria-label": label,
    data: { actionId: spec.action_id ?? "" }, on: { change: () => changed(node, spec) },
  });
  return asField(node, {
    type: spec.type, actionId: spec.action_id, read: () => ({ type: spec.type, ...when.state(node.value) }),
    restore: (old) => { node.value = when.text(old); }, empty: () => node.value === "", focus: () => node.focus(),
  });
}

/** Files are uploaded when chosen; the state holds what the sandbox called them. */
export function fileInput(spec) {
  const accept = (spec.filetypes ?? []).map((type) => `.${type}`).join(",");
  const input = h("input", { type: "file", class: "input input-file", multiple: (spec.max_files ?? 10) > 1, accept: accept || undefined, data: { actionId: spec.action_id ?? "" } });
  const names = h("p", { class: "field-hint", role: "status" });
  const node = h("div", { class: "file-field" }, input, names);
  let files = [];
  input.addEventListener("change", async () => {
    const chosen = [...input.files].slice(0, spec.max_files ?? 10);
    names.textContent = "Uploading…";
    try {
      const answers = await Promise.all(chosen.map((file) => upload({ file })));
      files = answers.filter((answer) => answer.file).map((answer) => ({ id: answer.file }));
      names.textContent = files.length === chosen.length ? chosen.map((file) => file.name).join(", ") : "The sandbox takes no files from forms.";
    } catch (error) {
      names.textContent = error.message;
    }
  });
  return asField(node, {
    type: "file_input", actionId: spec.action_id, read: () => ({ type: "file_input", files }),
    empty: () => files.length === 0, focus: () => input.focus(),
  });
}
