/** The head of the conversation: its name, the app's tabs, theme and help. */

import { attempt, post } from "./api.js";
import { fill, h } from "./dom.js";
import { avatar, icon } from "./icons.js";
import { roving } from "./popup.js";
import { openDrawer } from "./sidebar.js";
import { botUser, channelName, channelOf, emit, isBotChannel, state, userOf } from "./state.js";
import { themeButton } from "./theme.js";

function tabs() {
  const tab = (name, label) => h("button", {
    type: "button", role: "tab", id: `tab-${name}`, class: "tab", "aria-selected": String(state.tab === name), "aria-controls": name === "home" ? "home" : "conversation",
    tabindex: state.tab === name ? "0" : "-1", on: { click: () => emit("tab", name) } }, label);
  const list = h("div", { class: "tabs", role: "tablist", "aria-label": "App" }, tab("home", "Home"), tab("messages", "Messages"));
  list.addEventListener("keydown", (event) => roving(event, [...list.children], false));
  list.addEventListener("focusin", (event) => event.target.id !== `tab-${state.tab}` && event.target.click());
  return list;
}

function about(channel) {
  if (channel.kind !== "im") return channel.topic || channel.purpose || (channel.is_member === false ? "You are not in this channel" : "Channel");
  const user = userOf(channel.user);
  return [user?.title, !user?.is_bot && user?.tz].filter(Boolean).join(" · ") || (user?.is_bot ? "App" : "Direct message");
}

function invite(channel) {
  if (channel.kind === "im" || channel.has_bot !== false) return false;
  const ask = async () => {
    if (await attempt(() => post("/page/invite", { channel: channel.id }))) emit("channels-changed");
  };
  return h("button", { type: "button", class: "button small", on: { click: ask } }, `Invite ${state.boot.bot.name}`);
}

export function drawHeader() {
  const channel = channelOf(state.channel);
  const focused = document.activeElement?.id;
  const drawer = h("button", { type: "button", class: "icon-button only-narrow", id: "open-drawer", "aria-label": "Show conversations", on: { click: openDrawer } }, icon("menu"));
  if (!channel) return void fill(document.getElementById("header"), drawer, h("h1", { class: "pane-title" }, state.boot.team.name), h("span", { class: "spacer" }), themeButton());
  const person = channel.kind === "im" ? userOf(channel.user) : null;
  fill(document.getElementById("header"), drawer,
    person ? avatar(person, "m") : h("span", { class: "channel-mark" }, icon("hash", 20)),
    h("div", { class: "pane-titles" }, h("h1", { class: "pane-title", id: "title" }, channelName(channel), person?.id === botUser() && h("span", { class: "badge" }, "App")),
      h("p", { class: "pane-subtitle" }, about(channel))),
    isBotChannel(channel.id) && state.boot.app_home !== false && tabs(), h("span", { class: "spacer" }), invite(channel), themeButton(),
    h("button", { type: "button", class: "icon-button wide-only", "aria-label": "Keyboard shortcuts", title: "Keyboard shortcuts (?)", on: { click: () => emit("help") } }, icon("help")));
  document.title = `${channelName(channel)} · ${state.boot.team.name}`;
  if (focused?.startsWith("tab-")) document.getElementById(focused)?.focus();
}
