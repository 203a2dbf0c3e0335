/** Which addresses may become links and pictures, and the marks that name people and channels. */

import { h } from "./dom.js";
import { slackDate } from "./dates.js";
import { channelOf, emit, nameOfUser, state, userOf } from "./state.js";

const SAFE = /^(https?:\/\/|mailto:|tel:|slack:\/\/)/i;

/** The address if a link may lead there, else nothing (no `javascript:`, no `data:`). */
export function safeUrl(url) {
  const text = String(url ?? "").trim();
  if (!SAFE.test(text)) return undefined;
  try {
    return new URL(text).href;
  } catch {
    return undefined;
  }
}

/** The sandbox's own files are given to people of the workspace, who say who they are. */
export function fileUrl(url) {
  let address;
  try {
    address = new URL(url, location.href);
  } catch {
    return undefined;
  }
  if (!/^https?:$/.test(address.protocol)) return undefined;
  if (address.pathname.startsWith("/files-pri/") && isNear(address)) address.searchParams.set("user", state.user);
  return address.href;
}

const isNear = (address) => address.origin === location.origin || ["localhost", "127.0.0.1"].includes(address.hostname);

/** Pictures come from this machine or from the address itself; the page asks nobody else. */
export function safeImage(url) {
  const text = String(url ?? "").trim();
  if (/^data:image\/(png|jpeg|gif|webp|svg\+xml|avif)[;,]/i.test(text)) return text;
  let address;
  try {
    address = new URL(text, location.href);
  } catch {
    return undefined;
  }
  return /^https?:$/.test(address.protocol) && isNear(address) ? fileUrl(address.href) : undefined;
}

/** A link that opens in another tab; where the address is not safe, its text alone. */
export function link(url, ...children) {
  const href = safeUrl(url);
  const label = children.length ? children : [String(url)];
  if (!href) return h("span", {}, ...label);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...label);
}

export function userMention(id, label) {
  const user = userOf(id);
  const name = user ? nameOfUser(user) : label || id;
  return h("span", { class: id === state.user ? "mention mention-me" : "mention" }, `@${name}`);
}

export function channelMention(id, label) {
  const channel = channelOf(id);
  const name = channel?.name || label || id;
  if (!channel) return h("span", { class: "mention" }, `#${name}`);
  return h("button", { type: "button", class: "mention mention-link", on: { click: () => emit("go", { channel: id }) } }, `#${name}`);
}

export const broadcast = (range) => h("span", { class: "mention mention-me" }, `@${range}`);

/** A date in the reader's zone; `fallback` when it cannot be read. */
export function dateMark(seconds, pattern, url, fallback) {
  const text = slackDate(seconds, pattern) ?? fallback ?? pattern;
  const time = h("time", { class: "date-mark", title: fallback }, text);
  return url ? link(url, time) : time;
}
