/** The sidebar: workspace, who we are, channels, people, the app. On narrow screens a drawer. */

import { attempt, post } from "./api.js";
import { worldClock, worldNow } from "./dates.js";
import { askText } from "./dialog.js";
import { fill, h, uid } from "./dom.js";
import { avatar, icon } from "./icons.js";
import { openMenu, roving } from "./popup.js";
import { botChannel, channelName, emit, nameOfUser, on, state, userOf } from "./state.js";

const nav = () => document.getElementById("sidebar");

function row(channel) {
  const unread = channel.unread || 0;
  const person = channel.kind === "im" ? userOf(channel.user) : null;
  const current = state.channel === channel.id;
  return h("li", {}, h("button", {
    type: "button", class: `side-row${unread ? " unread" : ""}${channel.is_member === false ? " outside" : ""}`, "aria-current": current ? "page" : undefined,
    data: { channel: channel.id }, on: { click: () => emit("go", { channel: channel.id, focus: true }) },
  }, person ? avatar(person, "s") : h("span", { class: "side-mark" }, icon("hash", 16)), h("span", { class: "side-name" }, channelName(channel)),
  unread > 0 && h("span", { class: "unread-badge" }, unread > 99 ? "99+" : unread, h("span", { class: "sr" }, " unread"))));
}

function group(title, channels, action) {
  if (!channels.length && !action) return null;
  const id = uid("group");
  return h("section", { class: "side-group", "aria-labelledby": id },
    h("div", { class: "side-group-head" }, h("h2", { id, class: "side-heading" }, title), action), h("ul", {}, channels.map(row)));
}

function switchUser(anchor) {
  openMenu(anchor, "Look at the workspace as", state.boot.users.filter((user) => !user.is_bot).map((user) => ({
    label: nameOfUser(user), icon: avatar(user, "s"), description: user.id === state.user ? "You now" : user.title, value: user.id,
    run: () => user.id !== state.user && emit("switch-user", user.id),
  })), "start");
}

async function newChannel() {
  const typed = await askText({ title: "New channel", label: "Name", confirm: "Create", placeholder: "for example, sales" });
  const name = typed?.toLowerCase().replace(/[^\p{L}\p{N}_-]+/gu, "-").replace(/^-+|-+$/g, "");
  if (!name) return;
  const answer = await attempt(() => post("/page/channel", { name }));
  if (answer) emit("channels-changed", answer.channel);
}

function head() {
  const me = userOf(state.user);
  return h("header", { class: "side-head" },
    h("div", { class: "side-team" }, h("span", { class: "team-mark", "aria-hidden": "true" }, icon("drop", 20)),
      h("div", { class: "team-names" }, h("span", { class: "team-name" }, state.boot.team.name), h("span", { class: "team-kind" }, "Sandbox · ", h("time", { id: "world-clock", title: "The time in the sandbox's world" }, worldClock()))),
      h("button", { type: "button", class: "icon-button only-narrow", "aria-label": "Close the list", on: { click: closeDrawer } }, icon("close"))),
    h("button", { type: "button", id: "user-switch", class: "user-switch", "aria-haspopup": "menu", "aria-expanded": "false", on: { click: (event) => switchUser(event.currentTarget) } },
      avatar(me, "s"), h("span", { class: "user-names" }, h("span", { class: "user-name" }, nameOfUser(me)), h("span", { class: "user-title" }, me?.title || "You")),
      h("span", { class: "sr" }, " — switch user"), icon("down", 14)));
}

export function drawSidebar() {
  const focused = nav().contains(document.activeElement) ? (document.activeElement.dataset.channel ?? document.activeElement.id) : null;
  const { channels } = state.boot;
  const app = botChannel();
  const add = h("button", { type: "button", class: "icon-button", "aria-label": "New channel", title: "New channel", on: { click: newChannel } }, icon("plus", 16));
  fill(nav(), head(), h("div", { class: "side-scroll", on: { keydown: (event) => roving(event, rows()) } },
    app && group("Apps", [app]), group("Channels", channels.filter((one) => one.kind !== "im"), add),
    group("Direct messages", channels.filter((one) => one.kind === "im" && one.id !== app?.id))),
  h("footer", { class: "side-foot" }, h("button", { type: "button", class: "text-button", on: { click: () => emit("help") } }, icon("help", 16), "Keyboard shortcuts")));
  if (focused) nav().querySelector(`[data-channel="${CSS.escape(focused)}"], #${CSS.escape(focused)}`)?.focus();
}

const rows = () => [...nav().querySelectorAll(".side-row")];

export function openDrawer() {
  document.getElementById("shell").classList.add("with-drawer");
  document.getElementById("scrim").hidden = false;
  for (const id of ["main", "thread"]) document.getElementById(id).inert = true;
  (nav().querySelector('[aria-current="page"]') ?? rows()[0])?.focus();
}

export function closeDrawer() {
  const shell = document.getElementById("shell");
  if (!shell.classList.contains("with-drawer")) return;
  shell.classList.remove("with-drawer");
  document.getElementById("scrim").hidden = true;
  for (const id of ["main", "thread"]) document.getElementById(id).inert = false;
  document.getElementById("open-drawer")?.focus();
}

export function startSidebar() {
  on("sidebar", drawSidebar);
  document.getElementById("scrim").addEventListener("click", closeDrawer);
  nav().addEventListener("keydown", (event) => event.key === "Escape" && closeDrawer());
}

let day = null;

setInterval(() => {
  const today = worldNow().toDateString();
  if (day !== null && day !== today) emit("new-day");
  day = today;
  const shown = document.getElementById("world-clock");
  if (shown && shown.textContent !== worldClock()) shown.textContent = worldClock();
}, 1000);
