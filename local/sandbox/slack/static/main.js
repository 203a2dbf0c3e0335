/** The workspace page: starts everything, and moves from place to place. */

import { attempt, get, post } from "./api.js";
import { followWorld } from "./dates.js";
import { Composer } from "./composer.js";
import { announce, fill, h } from "./dom.js";
import { connect } from "./events.js";
import { drawHeader } from "./header.js";
import { forgetHome, openHome } from "./home.js";
import { avatar, icon } from "./icons.js";
import { startKeyboard } from "./keyboard.js";
import { MessageList } from "./list.js";
import { Prompts } from "./prompts.js";
import { startReceiving } from "./receive.js";
import { closeDrawer, drawSidebar, startSidebar } from "./sidebar.js";
import { botChannel, channelName, channelOf, emit, isBotChannel, kept, on, state, userOf } from "./state.js";
import { StatusLine } from "./status.js";
import { startTheme } from "./theme.js";
import { ThreadPane } from "./thread.js";
import { startToasts } from "./toasts.js";

const where = () => (state.channel && state.tab === "messages" ? { channel: state.channel, thread: null } : null);
const el = (id) => document.getElementById(id);

function emptyConversation({ channel }) {
  const entry = channelOf(channel);
  const person = entry?.kind === "im" ? userOf(entry.user) : null;
  const words = isBotChannel(channel) ? "Ask for something in your own words, pick a prompt below, or type / for commands."
    : person ? `This is the beginning of your conversation with ${channelName(entry)}.` : `Nothing has been said in #${entry?.name} yet.`;
  return [h("span", { class: "empty-mark" }, person ? avatar(person, "l") : icon("hash", 28)), h("h2", {}, channelName(entry)), h("p", {}, words)];
}

const panes = { main: new MessageList(el("messages"), "main", emptyConversation), thread: new ThreadPane() };
const composer = new Composer({ id: "composer", send: "send", label: "Message" }, where, sent);
const status = new StatusLine(where);
const prompts = new Prompts(where, composer);

/** In the app's conversation each top-level message begins a thread, and the answer comes there: open it. */
function sent(answer, place) {
  panes.main.toEnd();
  if (isBotChannel(place.channel) && answer.ts && !place.thread && state.channel === place.channel) {
    emit("open-thread", { channel: place.channel, ts: answer.ts, focus: document.activeElement === composer.box || document.activeElement === document.body });
  }
}

/** Where the address bar points: `?user=U#C/T`, or a permalink `/archives/C/p1700000000000100?thread_ts=T`. */
function address() {
  const query = new URLSearchParams(location.search);
  const [channel, thread] = decodeURIComponent(location.hash.slice(1)).split("/");
  const link = /^\/archives\/(\w+)(?:\/p(\d+)(\d{6}))?$/.exec(location.pathname);
  if (link && !channel) return { user: query.get("user") ?? "", channel: link[1], thread: query.get("thread_ts") ?? undefined, ts: link[2] && `${link[2]}.${link[3]}` };
  return { user: query.get("user") ?? "", channel, thread };
}

/** The address bar says where we are, so that a reload or a bookmark comes back here. */
function writeAddress() {
  const thread = state.thread && state.thread.channel === state.channel ? `/${state.thread.ts}` : state.tab === "home" ? "/home" : "";
  history.replaceState(null, "", `/?user=${encodeURIComponent(state.user)}#${state.channel}${thread}`);
}

async function boot(user) {
  const answer = await attempt(() => get("/page/boot", { user: user || undefined }));
  if (!answer?.users) return false;
  state.boot = answer;
  followWorld(answer.world);
  state.user = answer.user || user || answer.users[0].id;
  showNotice(answer.notice);
  return true;
}

/** What kind of workspace this is; once read it stays away for this tab. */
function showNotice(text) {
  el("notice").hidden = !text || kept.get("notice") === text;
  const dismiss = () => {
    kept.set("notice", text);
    el("notice").hidden = true;
    composer.box.focus();
  };
  fill(el("notice"), text && [icon("info", 16), h("span", {}, text), h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss this note", on: { click: dismiss } }, icon("close", 13))]);
}

function showTab() {
  const home = state.tab === "home";
  el("home").hidden = !home;
  el("conversation").hidden = home;
  drawHeader();
}

/** Open a conversation. */
async function go({ channel, focus, thread, tab }) {
  const entry = channelOf(channel);
  if (!entry) return;
  const same = state.channel === channel;
  closeDrawer();
  if (state.thread && (state.thread.channel !== channel || tab === "home")) emit("close-thread");
  el("shell").classList.toggle("app-open", isBotChannel(channel));
  Object.assign(state, { channel, tab: isBotChannel(channel) && tab === "home" ? "home" : "messages" });
  entry.unread = 0;
  drawSidebar();
  showTab();
  if (state.tab === "home") {
    writeAddress();
    return void openHome();
  }
  const name = channelName(entry);
  if (!same || !panes.main.source) composer.enter(`Message ${entry.kind === "im" ? name : `#${name}`}`);
  activity();
  writeAddress();
  if (focus) composer.box.focus();
  if (!same) announce(`${name} opened`);
  seen(channel);
  await panes.main.load({ channel });
  if (thread) emit("open-thread", { channel, ts: thread });
}

/** Tell the sandbox that the conversation was looked at; it tells the app when that is the app's own. */
const seen = (channel) => attempt(() => post("/page/opened", { channel }));

let seenTimer = null;

/** What arrives in a channel that is in sight counts as read. */
function readSoon(channel) {
  clearTimeout(seenTimer);
  if (!isBotChannel(channel)) seenTimer = setTimeout(() => seen(channel), 400);
}

function activity() {
  status.draw();
  prompts.draw();
  panes.thread.draw();
}

/** After a gap in the events: fetch what may have changed, without disturbing what is on screen. */
async function resync() {
  const open = state.channel;
  if (!(await boot(state.user))) return;
  drawSidebar();
  showTab();
  if (state.tab === "home") await openHome();
  else if (open) await panes.main.load(panes.main.source);
  await panes.thread.reload();
}

async function channelsChanged(open) {
  const unread = new Map(state.boot.channels.map((one) => [one.id, one.unread]));
  if (!(await boot(state.user))) return;
  for (const one of state.boot.channels) if (one.id === state.channel) one.unread = 0; else one.unread = Math.max(one.unread ?? 0, unread.get(one.id) ?? 0);
  drawSidebar();
  drawHeader();
  if (typeof open === "string") go({ channel: open, focus: true });
}

async function begin(user, { channel, thread, ts } = {}) {
  if (!(await boot(user))) return void setTimeout(() => begin(user, { channel, thread, ts }), 2000);
  emit("reachable", true);
  delete el("shell").dataset.loading;
  connect();
  const first = channelOf(channel) ?? botChannel() ?? state.boot.channels[0];
  if (first) await go({ channel: first.id, tab: thread === "home" ? "home" : "messages", thread: thread !== "home" ? thread : undefined });
  if (ts) show(ts);
  if (!first) {
    drawSidebar();
    drawHeader();
  }
}

/** Bring a message into view and put the keyboard on it. */
function show(ts) {
  const node = [...document.querySelectorAll("[data-ts]")].find((one) => one.dataset.ts === ts);
  node?.scrollIntoView({ block: "center" });
  node?.focus({ preventScroll: true });
}

async function switchUser(user) {
  emit("user-left");
  emit("close-thread");
  for (const map of [state.statuses, state.prompts, state.titles, state.streams]) map.clear();
  const { channel } = state;
  Object.assign(state, { user, channel: null, tab: "messages" });
  panes.main.source = null;
  forgetHome();
  await begin(user, { channel: channelOf(channel)?.kind === "im" ? undefined : channel });
  announce(`You are now ${userOf(user)?.real_name ?? user}`);
}

startTheme();
startToasts();
startSidebar();
startKeyboard();
startReceiving(panes, on);
fill(el("foot"), prompts.node, status.node, composer.node);
on("go", go);
on("tab", (tab) => go({ channel: state.channel, tab }));
on("place", writeAddress);
on("activity", activity);
on("seen", readSoon);
document.addEventListener("visibilitychange", () => {
  const entry = channelOf(state.channel);
  if (document.visibilityState !== "visible" || !entry?.unread || !where()) return;
  entry.unread = 0;
  drawSidebar();
  readSoon(entry.id);
});
on("resync", resync);
on("channels-changed", channelsChanged);
on("switch-user", switchUser);
on("compose", (text) => where() && composer.prefill(text));
for (const skip of document.querySelectorAll(".skip")) {
  skip.addEventListener("click", (event) => {
    event.preventDefault();
    const target = el(skip.hash.slice(1));
    (target.querySelector('[data-ts][tabindex="0"]') ?? target).focus();
  });
}
const start = address();
begin(start.user, start);
