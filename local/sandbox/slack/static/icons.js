/** Line icons on a 20 × 20 grid, and avatars. */

import { h, svg } from "./dom.js";

const PATHS = {
  hash: "M8 3 6.5 17M13.5 3 12 17M3.5 7.5h13.5M3 12.5h13.5",
  chat: "M4 4.5h12a1.5 1.5 0 0 1 1.5 1.5v7a1.5 1.5 0 0 1-1.5 1.5H9l-4 3v-3H4A1.5 1.5 0 0 1 2.5 13V6A1.5 1.5 0 0 1 4 4.5z",
  send: "M3 10 17 3.5 13 17l-3-5.5zM10 11.5 17 3.5",
  stop: "M6 6h8v8H6z",
  plus: "M10 4v12M4 10h12",
  close: "M5 5l10 10M15 5 5 15",
  back: "M12 4.5 6.5 10l5.5 5.5",
  next: "M8 4.5 13.5 10 8 15.5",
  down: "M5 7.5 10 12.5l5-5",
  up: "M5 12.5 10 7.5l5 5",
  menu: "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  smile: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM7 12c1.5 2 4.5 2 6 0M7.5 8h.01M12.5 8h.01",
  reply: "M8 5 3.5 9.5 8 14M4 9.5h7c3 0 5.5 2 5.5 5.5",
  lead: "M8 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 16.5c0-3 2.5-5 5.5-5s5.5 2 5.5 5M15.5 6v5M13 8.5h5",
  file: "M5 2.5h6.5L15 6v11.5H5zM11.5 2.5V6H15",
  attach: "M14 8.5 8.7 13.8a2 2 0 0 1-2.8-2.8l6-6a3.2 3.2 0 0 1 4.5 4.5l-6.2 6.2a4.5 4.5 0 0 1-6.4-6.4L9 4.2",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6 16 16M16 4l-1.4 1.4M5.4 14.6 4 16",
  moon: "M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5z",
  auto: "M10 2.5a7.5 7.5 0 1 0 0 15zM10 2.5a7.5 7.5 0 0 1 0 15",
  help: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM8 8a2 2 0 1 1 2.8 1.8c-.5.3-.8.7-.8 1.4M10 13.8h.01",
  eye: "M1.8 10S5 4.5 10 4.5 18.2 10 18.2 10 15 15.5 10 15.5 1.8 10 1.8 10zM10 7.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  check: "M4 10.5 8 14.5 16 5.5",
  alert: "M10 3 18 16.5H2zM10 8v4M10 14.3h.01",
  info: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 9.5v4M10 6.7h.01",
  cross: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM7.5 7.5l5 5M12.5 7.5l-5 5",
  clock: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 6v4.5l3 1.5",
  home: "M3 9.5 10 3.5l7 6V17h-4.5v-4.5h-5V17H3z",
  bolt: "M11 2 4 11.5h5L8.5 18 16 8.5h-5z",
  search: "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4",
  list: "M7.5 5.5h9M7.5 10h9M7.5 14.5h9M3.5 5.5h.01M3.5 10h.01M3.5 14.5h.01",
  thumbsup: "M6.5 9 9.5 3c1.2 0 2 .8 2 2v3h4a1.5 1.5 0 0 1 1.5 1.8l-1 5.5a1.5 1.5 0 0 1-1.5 1.2H6.5zM3 9h3.5v7.5H3z",
  thumbsdown: "M6.5 11l3 6c1.2 0 2-.8 2-2v-3h4A1.5 1.5 0 0 0 17 10.2l-1-5.5a1.5 1.5 0 0 0-1.5-1.2H6.5zM3 11h3.5V3.5H3z",
  trash: "M4 5.5h12M8 5.5v-2h4v2M5.5 5.5 6.3 17h7.4l.8-11.5M8.5 8.5v5.5M11.5 8.5v5.5",
  copy: "M7 7h9.5v9.5H7zM13 7V3.5H3.5V13H7",
  link: "M8.5 11.5a3.5 3.5 0 0 0 5 0l2.5-2.5a3.5 3.5 0 0 0-5-5L9.7 5.3M11.5 8.5a3.5 3.5 0 0 0-5 0L4 11a3.5 3.5 0 0 0 5 5l1.3-1.3",
  users: "M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 16.5c0-3 2.5-5 5.5-5s5.5 2 5.5 5M13 3.8a3 3 0 0 1 0 5.4M15 11.9c1.9.8 3 2.5 3 4.6",
  mail: "M2.5 5h15v10.5h-15zM2.5 5.5 10 11l7.5-5.5",
  chart: "M3 17h14M5.5 13.5v-4M10 13.5v-9M14.5 13.5v-6",
  calendar: "M3 4.5h14V17H3zM3 8.5h14M6.5 2.5v3.5M13.5 2.5v3.5",
  target: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 10h.01",
  bulb: "M7.5 14a5.5 5.5 0 1 1 5 0v1.5h-5zM8.5 18h3",
  bell: "M5 14V9a5 5 0 0 1 10 0v5l1.5 1h-13zM8.5 17.5h3",
  building: "M4 17.5v-15h8v15M12 7.5h4v10M2.5 17.5h15M7 6h2M7 9.5h2M7 13h2",
  lock: "M4.5 9h11v8.5h-11zM7 9V6a3 3 0 0 1 6 0v3",
  gear: "M10 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM10 2v2.5M10 15.5V18M2 10h2.5M15.5 10H18M4.3 4.3l1.8 1.8M13.9 13.9l1.8 1.8M15.7 4.3l-1.8 1.8M6.1 13.9l-1.8 1.8",
  rocket: "M7 13 5.5 11.5C7 7 10.5 3.5 16.5 3.5c0 6-3.5 9.5-8 11zM5.5 11.5l-2.5.5 2-3.5 2.5-.5M8.5 14.5 8 17l3.5-2 .5-2.5M12 8h.01",
  star: "M10 2.5l2.3 4.8 5.2.7-3.8 3.6.9 5.2L10 14.3l-4.6 2.5.9-5.2L2.5 8l5.2-.7z",
  sparkle: "M9 3l1.6 4.9L15.5 9.5l-4.9 1.6L9 16l-1.6-4.9L2.5 9.5l4.9-1.6zM16 13.5v3.5M14.250 15.250h3.5",
  flame: "M10 2.5c.5 3 4.5 5 4.5 9.5a4.5 4.5 0 0 1-9 0c0-2 1-3 1.5-4.5.5 1 1 1.5 2 2 0-3 0-5 1-7z",
  heart: "M10 16.5C4.5 12.5 2.5 10 2.5 7.3A3.8 3.8 0 0 1 10 6a3.8 3.8 0 0 1 7.5 1.3c0 2.7-2 5.2-7.5 9.2z",
  party: "M3 17 7 6.5 13.5 13zM11 6c0-2 1-3 3-3M14 9c2 0 3 .5 3.5 2M13.5 6.5l2-2",
  pencil: "M3.5 16.5 4.5 12.5 13.5 3.5l3 3-9 9zM11.5 5.5l3 3",
  globe: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM2.5 10h15M10 2.5c-5 5-5 10 0 15M10 2.5c5 5 5 10 0 15",
  trophy: "M6 3h8v5a4 4 0 0 1-8 0zM6 4.5H3c0 3 1 4.5 3 4.5M14 4.5h3c0 3-1 4.5-3 4.5M10 12v3M6.5 17.5h7",
  coin: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM12.5 7.5c-.5-1-4.8-1.3-4.8.7 0 2.2 4.8 1.2 4.8 3.5 0 2-4.3 1.9-5 .5M10 5.5v9",
  ban: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM5 5l10 10",
  disc: "M10 4a6 6 0 1 0 0 12 6 6 0 0 0 0-12z",
  flag: "M5 17.5V3h10l-2.5 3.5L15 10H5",
  phone: "M5 2.5h3l1.5 4-2 1.5a9 9 0 0 0 4.5 4.5l1.5-2 4 1.5v3c0 1-1 1.5-2 1.5C9 16 4 11 3.5 4.5c0-1 .5-2 1.5-2z",
  bot: "M4 7.5h12v8.5H4zM10 7.5V4M7.5 11h.01M12.5 11h.01M8 13.5h4M2 11v2M18 11v2",
  wave: "M6 10 4.5 6.5M8 8.5 6.5 4M10.5 8 9.5 3.5M13 8.5V5M13 8.5v4c0 3-2 5-4.5 5S5 15.5 4 13.5",
  news: "M3 4h11v12.5H5a2 2 0 0 1-2-2zM14 8h3v6.5a2 2 0 0 1-2 2M6 7.5h5M6 10.5h5M6 13.5h3",
  folder: "M2.5 5h5l2 2h8v9h-15z",
  pin: "M10 18c-3.5-4-5.5-7-5.5-9.5a5.5 5.5 0 0 1 11 0c0 2.5-2 5.5-5.5 9.5zM10 8.5h.01",
  user: "M10 9.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.5 17.5c0-3.5 3-5.5 6.5-5.5s6.5 2 6.5 5.5",
  pause: "M7 4.5v11M13 4.5v11",
  redo: "M16 8A6.5 6.5 0 1 0 16.5 11M16.5 4v4h-4",
  coffee: "M4 7h9.5v6a3 3 0 0 1-3 3H7a3 3 0 0 1-3-3zM13.5 8.5h1.5a2 2 0 0 1 0 4h-1.5M7 2.5v2M10.5 2.5v2",
  briefcase: "M3 6.5h14v9.5H3zM7.5 6.5v-3h5v3M3 11h14",
  shield: "M10 2.5 16 5v5c0 4-2.5 6-6 7.5C6.5 16 4 14 4 10V5z",
  leaf: "M4 16C4 8 8 4 16.5 4c0 8.5-4 12.5-11 11M4 16.5 10 10",
  drop: "M10 2.5c3.2 4 5.5 6.6 5.5 9.5a5.5 5.5 0 0 1-11 0c0-2.9 2.3-5.5 5.5-9.5z",
};

/** A decorative icon; the control around it carries the name. */
export function icon(name, size = 18) {
  const drawing = svg("path", {
    d: PATHS[name] ?? PATHS.info, fill: "none", stroke: "currentColor",
    "stroke-width": name === "more" || name === "list" ? "2" : "1.6", "stroke-linecap": "round", "stroke-linejoin": "round",
  });
  return svg("svg", { viewBox: "0 0 20 20", width: size, height: size, "aria-hidden": "true", class: "icon" }, drawing);
}

function luminance(parts) {
  const [r, g, b] = parts.map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The colour, darkened as far as white letters on it need (4.5:1). */
function behindWhite(hex) {
  let parts = hex.match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
  while (1.05 / (luminance(parts) + 0.05) < 4.6) parts = parts.map((part) => Math.floor(part * 0.95));
  return `rgb(${parts.join(" ")})`;
}

export function colour(value, fallback = "#46606a") {
  const hex = `#${String(value ?? "").replace(/^#/, "")}`;
  return /^#[0-9a-f]{6}$/i.test(hex) ? hex : fallback;
}

function initialsOf(user) {
  if (user?.initials) return user.initials;
  return (user?.real_name || user?.name || "?").split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
}

/** A rounded square with a person's initials; an app gets the drop. */
export function avatar(user, size = "m") {
  const background = behindWhite(colour(user?.avatar_color, user?.is_bot ? "#0a7268" : undefined));
  return h("span", { class: `avatar avatar-${size}`, "aria-hidden": "true", style: { background, color: "#ffffff" } },
    user?.is_bot ? icon("drop", { s: 13, m: 20, l: 34 }[size]) : initialsOf(user));
}
