/** Wide things scroll inside their own frame, which the keyboard can reach. */

import { h } from "./dom.js";

export const scroller = (label, ...children) =>
  h("div", { class: "scroller", role: "region", "aria-label": label, tabindex: "0" }, ...children);
