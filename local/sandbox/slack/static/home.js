/** The app's Home tab. */

import { attempt, get } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { h, morphChildren, patch } from "./dom.js";
import { dress } from "./glyphs.js";
import { icon } from "./icons.js";
import { state } from "./state.js";

const root = () => document.getElementById("home");

function empty(text) {
  return h("div", { class: "empty", key: "empty" }, h("span", { class: "empty-mark" }, icon("home", 28)), h("p", {}, text));
}

/** Draw the view, patching the one that is there. */
export function showHome(view) {
  if (!view?.blocks?.length) return morphChildren(root(), [empty(`${state.boot.bot.name} has not published its Home yet.`)]);
  const fresh = dress(h("div", { class: "home-view blocks", key: "view", data: { viewId: view.id } }, renderBlocks(view.blocks)));
  const old = root().querySelector(".home-view");
  if (old) return patch(old, fresh);
  return root().replaceChildren(fresh);
}

/** Ask for the view; asking also tells the app that its Home was opened. */
export async function openHome() {
  if (!root().children.length) root().replaceChildren(h("div", { class: "skeleton", "aria-hidden": "true" }, h("i"), h("i"), h("i")));
  const answer = await attempt(() => get("/page/home"));
  if (answer) showHome(answer.view);
}

export const forgetHome = () => root().replaceChildren();
