/** Cards, carousels of cards, and containers. */

import { h, reducedMotion } from "./dom.js";
import { element, image } from "./elements.js";
import { icon } from "./icons.js";
import { plain, textBlocks, textInline } from "./mrkdwn.js";
import { richText } from "./richtext.js";

export function card(block) {
  return h("article", { class: "card", data: { blockId: block.block_id ?? "" } },
    block.hero_image && image(block.hero_image, "card-hero"),
    h("div", { class: "card-content" },
      (block.title || block.icon) && h("header", { class: "card-head" }, block.icon && image(block.icon, "card-icon"),
        h("div", { class: "card-names" }, block.title && h("h4", { class: "card-title rich" }, textInline(block.title)),
          block.subtitle && h("p", { class: "card-subtitle rich" }, textInline(block.subtitle)))),
      block.body && h("div", { class: "card-body rich" }, textBlocks(block.body)),
      block.actions?.length && h("footer", { class: "card-actions" }, block.actions.map(element))));
}

function scrollBy(track, direction) {
  const step = (track.firstElementChild?.offsetWidth ?? 240) + 12;
  track.scrollBy({ left: direction * step, behavior: reducedMotion() ? "auto" : "smooth" });
}

export function carousel(block) {
  const cards = (block.elements ?? []).map((one) => h("li", { class: "carousel-item", key: one.block_id }, card(one)));
  const track = h("ul", { class: "carousel-track", tabindex: "0", role: "group", "aria-label": `${cards.length} cards, scrolls sideways`, "data-track": true }, cards);
  const turn = (direction) => (event) => scrollBy(event.currentTarget.closest(".carousel").querySelector("[data-track]"), direction);
  return h("div", { class: "carousel" }, track, cards.length > 1 && h("div", { class: "carousel-buttons" },
    h("button", { type: "button", class: "icon-button outlined", "aria-label": "Earlier cards", on: { click: turn(-1) } }, icon("back", 16)),
    h("button", { type: "button", class: "icon-button outlined", "aria-label": "Later cards", on: { click: turn(1) } }, icon("next", 16))));
}

function containerHead(block) {
  return [block.icon && image(block.icon, "card-icon"), h("span", { class: "container-names" },
    h("span", { class: "container-title" }, block.rich_text_title ? richText(block.rich_text_title) : plain(block.title)),
    block.subtitle && h("span", { class: "container-subtitle" }, textInline(block.subtitle)))];
}

export function container(block, renderBlocks) {
  const width = ["narrow", "standard", "wide", "full"].includes(block.width) ? block.width : "standard";
  const children = h("div", { class: "container-body" }, renderBlocks(block.child_blocks));
  if (block.is_collapsible) {
    return [h("details", { class: `container container-${width}`, open: !block.default_collapsed },
      h("summary", { class: "container-head" }, containerHead(block), h("span", { class: "chevron" }, icon("down", 14))), children)];
  }
  return [h("div", { class: `container container-${width}` },
    h("div", { class: block.has_header_divider ? "container-head divided" : "container-head" }, containerHead(block)), children)];
}
