/** What the page knows, and who wants to hear when it changes. */

export const state = {
  boot: null, // the answer of /page/boot
  user: "", // who we are in the workspace
  channel: null, // id of the open conversation
  tab: "messages", // "home" only in the app's own conversation
  thread: null, // {channel, ts} of the open thread
  statuses: new Map(), // "C/T" → {status, loading_messages}
  prompts: new Map(), // "C/T" → [{title, message}]
  titles: new Map(), // "C/T" → title of a session
  streams: new Map(), // "C/T" → ts of the message that is being written
};

const listeners = new Map();

/** Call `listener` on each `emit` of the topic. */
export function on(topic, listener) {
  listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
}

export function emit(topic, payload) {
  for (const listener of listeners.get(topic) ?? []) listener(payload);
}

export const keyOf = (channel, thread) => `${channel}/${thread ?? ""}`;

export const userOf = (id) => state.boot?.users.find((user) => user.id === id);

export const channelOf = (id) => state.boot?.channels.find((channel) => channel.id === id);

export const nameOfUser = (user) => user?.display_name || user?.real_name || user?.name || "Someone";

/** The app's own conversation with this user. */
export const botChannel = () => state.boot?.channels.find((channel) => channel.kind === "im" && channel.user === botUser());

export const botUser = () => state.boot?.bot?.user_id;

export const isBotChannel = (id) => id !== undefined && id === botChannel()?.id;

/** How a conversation is called: the other person's name, or the channel's. */
export function channelName(channel) {
  if (!channel) return "";
  return channel.kind === "im" ? nameOfUser(userOf(channel.user)) : channel.name;
}

/** Author of a message as a user-like object. */
export function authorOf(message) {
  const known = userOf(message.user) ?? state.boot?.users.find((user) => message.bot_id && user.is_bot);
  if (known && !message.username) return known;
  const name = message.username || message.app_name || known?.real_name || state.boot?.bot?.name || "App";
  return { ...known, id: message.user || message.bot_id, real_name: name, is_bot: Boolean(message.bot_id || known?.is_bot) };
}

/** The thread a message lives in: its own ts for a top-level one. */
export const rootOf = (message) => message.thread_ts || message.ts;

export const isReply = (message) =>
  Boolean(message.thread_ts && message.thread_ts !== message.ts && message.subtype !== "thread_broadcast");

/** Small things that survive a reload of this tab. */
export const kept = {
  get(name) {
    try { return sessionStorage.getItem(name) ?? ""; } catch { return ""; }
  },
  set(name, value) {
    try { value ? sessionStorage.setItem(name, value) : sessionStorage.removeItem(name); } catch { /* private mode */ }
  },
};
