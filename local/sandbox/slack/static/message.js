/** One message as an element: author line, content, files, reactions, replies, and what can be done with it. */

import { attachment, file } from "./attachments.js";
import { renderBlocks } from "./blocks.js";
import { dateOf, fullTimeOf, shortTimeOf, timeOf } from "./dates.js";
import { h } from "./dom.js";
import { emojiOf } from "./emoji.js";
import { avatar, icon } from "./icons.js";
import { markdown } from "./markdown.js";
import { mrkdwn } from "./mrkdwn.js";
import { act } from "./message_actions.js";
import { authorOf, isReply, keyOf, nameOfUser, state, userOf } from "./state.js";
import { liveTasks, plan, taskCard } from "./tasks.js";

const section = (key, nodes, className = "rich") => h("div", { class: className, key, kind: key.replace(/\d+$/, "") }, nodes);

/** A stream's pieces in the order they were written: text, tasks, blocks. */
function pieces(message) {
  const tasks = new Map((message.tasks ?? []).map((task) => [task.id, task]));
  const inPlan = message.task_display_mode === "plan" || Boolean(message.plan);
  const show = {
    markdown_text: (piece) => markdown(piece.text),
    task_update: (piece) => (inPlan || !tasks.has(piece.id) ? [] : [taskCard(tasks.get(piece.id))]),
    blocks: (piece) => renderBlocks(piece.blocks),
  };
  const body = message.chunks.map((piece, index) => section(`piece-${piece.type}-${index}`, show[piece.type]?.(piece) ?? [],
    piece.type === "markdown_text" ? "rich" : "blocks"));
  const head = inPlan && tasks.size ? [plan(message.plan, [...tasks.values()])] : [];
  return [...head, ...body];
}

function text(message) {
  if (!message.text) return [];
  const live = message.streaming || message.markdown || message.mrkdwn === "markdown";
  return [section("text", live ? markdown(message.text) : message.mrkdwn === false ? [h("p", {}, message.text)] : mrkdwn(message.text))];
}

function content(message) {
  if (message.subtype === "tombstone") return [h("p", { class: "muted" }, "This message was deleted.")];
  const blocks = renderBlocks(message.blocks);
  const streamed = Array.isArray(message.chunks) && message.chunks.length ? pieces(message) : null;
  if (streamed) return [...streamed, h("div", { class: "blocks", key: "blocks", kind: "blocks" }, blocks)];
  const tasks = liveTasks(message);
  const own = [...(tasks.length ? [section("tasks", tasks, "blocks")] : []), ...(blocks.length && !message.streaming ? [] : text(message))];
  return [...own, h("div", { class: "blocks", key: "blocks", kind: "blocks" }, blocks)];
}

function authorLine(message, author) {
  return h("div", { class: "author-line" }, h("span", { class: "author" }, nameOfUser(author)),
    author.is_bot && h("span", { class: "badge" }, "App"),
    h("time", { class: "time", datetime: dateOf(message.ts).toISOString(), title: fullTimeOf(message.ts) }, timeOf(message.ts)));
}

function reactions(message) {
  const chips = (message.reactions ?? []).filter((one) => one.users?.length || one.count).map((one) => {
    const mine = Boolean(one.users?.includes(state.user));
    const names = (one.users ?? []).map((id) => nameOfUser(userOf(id))).join(", ");
    return h("button", {
      type: "button", class: "reaction", key: `reaction-${one.name}`, "aria-pressed": String(mine), title: `${names} reacted with :${one.name}:`,
      "aria-label": `${one.name.replaceAll("_", " ")}, ${one.users?.length ?? one.count}`, on: { click: () => act.toggle(message, one.name, mine) },
    }, h("span", { class: "emoji" }, emojiOf(one.name) ?? `:${one.name}:`), h("span", { class: "reaction-count" }, one.users?.length ?? one.count));
  });
  return h("div", { class: "reactions", kind: "reactions" }, chips, chips.length > 0 && h("button", {
    type: "button", class: "reaction reaction-add", "aria-label": "Add a reaction", "aria-haspopup": "menu", on: { click: (event) => act.react(event.currentTarget, message) },
  }, icon("smile", 15)));
}

function repliesBar(message) {
  const status = state.statuses.get(keyOf(message.channel, message.ts));
  const streaming = state.streams.has(keyOf(message.channel, message.ts));
  const count = message.reply_count ?? 0;
  if (!count && !status?.status && !streaming) return false;
  const people = (message.reply_users ?? []).slice(0, 3).map((id) => avatar(userOf(id), "s"));
  const words = count === 1 ? "1 reply" : `${count} replies`;
  const working = streaming || status?.status;
  return h("button", { type: "button", class: "replies-bar", "data-open-thread": true, on: { click: () => act.thread(message) } },
    h("span", { class: "replies-people" }, people), count > 0 && h("span", { class: "replies-count" }, words),
    working ? h("span", { class: "replies-last working" }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), streaming ? "answering…" : "working…")
      : message.latest_reply && h("span", { class: "replies-last" }, `Last reply ${shortTimeOf(message.latest_reply)}`));
}

function toolbar(message, place) {
  const button = (name, drawing, run, props = {}) => h("button", {
    type: "button", class: "icon-button", "aria-label": name, title: name, ...props, on: { click: run } }, icon(drawing, 17));
  const shortcuts = (state.boot.shortcuts ?? []).filter((one) => one.type === "message");
  const lead = shortcuts[0];
  return h("div", { class: "toolbar", role: "toolbar", "aria-label": "Message actions", kind: "toolbar" },
    button("Add a reaction", "smile", (event) => act.react(event.currentTarget, message), { "aria-haspopup": "menu" }),
    place === "main" && button("Reply in thread", "reply", () => act.thread(message), { "data-reply": true }),
    lead && button(lead.name, "lead", () => act.shortcut(message, lead), { "data-shortcut": lead.callback_id }),
    button("More actions", "more", (event) => act.more(event.currentTarget, message, shortcuts.slice(1)), { "aria-haspopup": "menu", "aria-expanded": "false" }));
}

/** The element of `message`. `place` is the pane it stands in: "main" or "thread". */
export function renderMessage(message, place) {
  const author = authorOf(message);
  const streamed = message.streaming ? " streaming" : "";
  return h("article", {
    class: `message${message.ephemeral ? " ephemeral" : ""}${streamed}`, tabindex: "-1", key: message.ts, "data-roving": true,
    "aria-label": `${nameOfUser(author)}, ${timeOf(message.ts)}`, "aria-busy": message.streaming ? "true" : undefined,
    data: { ts: message.ts, channel: message.channel, threadTs: message.thread_ts, author: message.user ?? message.bot_id, streaming: message.streaming ? "true" : undefined },
  }, message.ephemeral && h("p", { class: "only-you", kind: "only-you" }, icon("eye", 14), "Only visible to you"),
  h("div", { class: "message-grid", kind: "grid" },
    h("div", { class: "message-side" }, avatar(author), h("time", { class: "side-time", "aria-hidden": "true", datetime: dateOf(message.ts).toISOString() }, timeOf(message.ts).replace(/\s?[AP]M$/i, ""))),
    h("div", { class: "message-main" }, authorLine(message, author),
      place === "main" && isReplyBroadcast(message) && h("p", { class: "muted small" }, "replied in a thread"),
      h("div", { class: "content" }, content(message)),
      message.edited && !message.blocks?.length && h("span", { class: "edited", title: message.edited.ts ? fullTimeOf(message.edited.ts) : undefined }, "(edited)"),
      (message.attachments ?? []).map(attachment), (message.files ?? []).map(file),
      reactions(message), place === "main" && !isReply(message) && repliesBar(message))),
  !message.ephemeral && toolbar(message, place));
}

const isReplyBroadcast = (message) => message.subtype === "thread_broadcast";
