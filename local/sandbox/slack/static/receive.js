/** Each kind of server-sent event: what it changes. */

import { openHome, showHome } from "./home.js";
import { closeView, receiveView } from "./modal.js";
import { channelOf, emit, isReply, keyOf, rootOf, state } from "./state.js";

/** The panes the events are shown in; set once by `startReceiving`. */
let panes = null;

/** Which message is being written, by the thread (or channel) it is written in. */
function noteStream(channel, message) {
  const key = keyOf(channel, isReply(message) ? message.thread_ts : null);
  if (message.streaming) {
    state.streams.set(key, message.ts);
    state.statuses.delete(key);
  } else if (state.streams.get(key) === message.ts) state.streams.delete(key);
}

/** A reply changes what stands under its root. */
function noteReply(channel, message, isNew) {
  const root = panes.main.messages.get(message.thread_ts);
  if (!root || root.channel !== channel) return;
  if (isNew && !message.ephemeral && Number(message.ts) > Number(root.latest_reply ?? 0)) {
    root.reply_count = (root.reply_count ?? 0) + 1;
    root.latest_reply = message.ts;
    root.reply_users = [...new Set([...(root.reply_users ?? []), message.user])];
  }
  panes.main.refresh(message.thread_ts);
}

function noteUnread(channel, message) {
  const entry = channelOf(channel);
  if (!entry) return emit("channels-changed");
  const visible = channel === state.channel && state.tab === "messages" && document.visibilityState === "visible";
  if (!visible && message.user !== state.user) entry.unread = (entry.unread ?? 0) + 1;
  if (visible && message.user !== state.user) emit("seen", channel);
  return emit("sidebar");
}

function shown(channel, message) {
  if (channel === state.channel && !isReply(message)) panes.main.upsert(message);
  if (state.thread?.channel === channel && state.thread.ts === rootOf(message)) panes.thread.list.upsert(message);
}

function message(event, isNew) {
  const { channel, message: body } = event;
  if (!body?.ts) return;
  noteStream(channel, body);
  if (isNew && body.user === state.boot.bot?.user_id && !body.ephemeral) state.statuses.delete(keyOf(channel, isReply(body) ? body.thread_ts : null));
  shown(channel, body);
  if (isReply(body)) noteReply(channel, body, isNew);
  if (isNew) noteUnread(channel, body);
  emit("activity");
}

function deleted(event) {
  const ts = event.message?.ts ?? event.deleted_ts ?? event.ts;
  if (event.channel === state.channel) panes.main.remove(ts);
  if (event.channel === state.thread?.channel) panes.thread.list.remove(ts);
  const root = event.message?.thread_ts && panes.main.messages.get(event.message.thread_ts);
  if (root?.reply_count) {
    root.reply_count -= 1;
    panes.main.refresh(root.ts);
  }
}

function reaction(event) {
  if (event.message) return message(event, false);
  for (const list of [panes.main, panes.thread.list]) {
    const known = list.source?.channel === event.channel && list.messages.get(event.ts ?? event.item?.ts);
    if (known) list.upsert({ ...known, reactions: event.reactions ?? known.reactions });
  }
  return undefined;
}

function status(event) {
  const key = keyOf(event.channel, event.thread_ts);
  if (event.status) state.statuses.set(key, { status: event.status, loading_messages: event.loading_messages ?? [] });
  else state.statuses.delete(key);
  if (event.thread_ts) panes.main.refresh(event.thread_ts);
  emit("activity");
}

/** A session that is processing without other words is thinking. */
function session(event) {
  if (event.title) titled(event);
  const key = keyOf(event.channel, event.thread_ts);
  if (event.status === "processing" && !state.streams.has(key) && !state.statuses.has(key)) status({ ...event, status: "is thinking…" });
  else if (event.status && event.status !== "processing") status({ ...event, status: "" });
}

function titled(event) {
  state.titles.set(keyOf(event.channel, event.thread_ts), event.title);
  if (state.thread?.ts === event.thread_ts) panes.thread.head();
}

function prompts(event) {
  state.prompts.set(keyOf(event.channel, event.thread_ts), event.prompts ?? []);
  emit("activity");
}

const KINDS = {
  message: (event) => message(event, true),
  ephemeral: (event) => message(event, true),
  stream: (event) => message(event, false),
  message_changed: (event) => message(event, false),
  message_deleted: deleted,
  reaction, status, session, prompts,
  title: titled,
  view: (event) => receiveView(event.view),
  view_closed: (event) => closeView(event.view_id ?? event.view?.id),
  home: (event) => (event.view ? showHome(event.view) : state.tab === "home" && openHome()),
  toast: (event) => emit("toast", event),
  channel: () => emit("channels-changed"),
  refetch: () => emit("resync"),
};

export function startReceiving(given, on) {
  panes = given;
  on("loaded", ({ channel, thread_ts, messages, title }) => {
    for (const one of messages) noteStream(channel, one);
    if (thread_ts && title) titled({ channel, thread_ts, title });
    emit("activity");
  });
  on("event", (event) => Object.hasOwn(KINDS, event.type) && KINDS[event.type](event));
}
