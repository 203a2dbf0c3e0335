/** Light, dark, or as the system says. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

const NEXT = { auto: "light", light: "dark", dark: "auto" };
const NAMES = { auto: ["auto", "as the system"], light: ["sun", "light"], dark: ["moon", "dark"] };

function current() {
  try {
    return localStorage.getItem("theme") in NEXT ? localStorage.getItem("theme") : "auto";
  } catch {
    return document.documentElement.dataset.theme ?? "auto";
  }
}

function apply(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try { localStorage.setItem("theme", theme); } catch { /* private mode: it lasts as long as the page */ }
}

export const startTheme = () => apply(current());

export function themeButton() {
  const label = () => `Theme: ${NAMES[current()][1]}. Change`;
  const button = h("button", { type: "button", id: "theme", class: "icon-button", "aria-label": label(), title: label() }, icon(NAMES[current()][0]));
  button.addEventListener("click", () => {
    apply(NEXT[current()]);
    button.setAttribute("aria-label", label());
    button.title = label();
    button.replaceChildren(icon(NAMES[current()][0]));
  });
  return button;
}
