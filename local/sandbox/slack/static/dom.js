/** Building and patching the page's elements. Text only ever becomes text nodes: there is no HTML parsing here. */

const SVG = "http://www.w3.org/2000/svg";

function dispatch(event) {
  return event.currentTarget.__on?.[event.type]?.(event);
}

/** Attach or replace one handler a type; `morph` can hand it to the element that stays in the page. */
export function listen(node, type, handler) {
  node.__on ??= {};
  if (!(type in node.__on)) node.addEventListener(type, dispatch);
  node.__on[type] = handler;
}

function setProperty(node, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name === "class") node.setAttribute("class", value);
  else if (name === "on") for (const [type, handler] of Object.entries(value)) listen(node, type, handler);
  else if (name === "data") {
    for (const [key, item] of Object.entries(value)) if (item !== undefined && item !== null) node.dataset[key] = item;
  } else if (name === "style") for (const [key, item] of Object.entries(value)) node.style.setProperty(key, item);
  else if (name === "key") node.__key = value;
  else if (name === "kind") node.__kind = value;
  else if (name === "value") node.value = value;
  else node.setAttribute(name, value === true ? "" : String(value));
}

function append(node, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(node, child);
    else if (child instanceof Node) node.append(child);
    else if (child !== undefined && child !== null && child !== false) node.append(document.createTextNode(String(child)));
  }
}

/** An element. `props` are attributes, and `class`, `data`, `style`, `on`, `key`, `kind`; children are nodes or text. */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) setProperty(node, name, value);
  append(node, children);
  return node;
}

/** The same in SVG's namespace. */
export function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Mark a stateful control: a patch keeps the one in the page as long as what it was made from is the same. */
export function widget(source, node) {
  node.__sig = JSON.stringify(source);
  return node;
}

let counter = 0;
export function uid(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}

function syncAttributes(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !keepsAttribute(from, name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (!keepsAttribute(from, name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
}

/** What a person changed by hand stays: an opened disclosure, the roving tab stop. */
function keepsAttribute(node, name) {
  return (name === "open" && node.nodeName === "DETAILS") || name === "aria-expanded" || (name === "tabindex" && node.hasAttribute("data-roving"));
}

function pairUp(from, news) {
  const pool = new Set(from.childNodes);
  const byKey = new Map([...pool].filter((node) => node.__key).map((node) => [node.__key, node]));
  const pairs = news.map((fresh) => {
    const old = pool.has(fresh) ? fresh : fresh.__key ? byKey.get(fresh.__key) : undefined;
    if (old) pool.delete(old);
    return [old, fresh];
  });
  for (const pair of pairs) {
    pair[0] ??= [...pool].find((old) => old.nodeName === pair[1].nodeName && old.__kind === pair[1].__kind);
    pool.delete(pair[0]);
  }
  return [pairs, pool];
}

/** Make `from`'s children those of the list `news`, keeping every element that can be kept. */
export function morphChildren(from, news) {
  const [pairs, leftovers] = pairUp(from, news);
  const placed = pairs.map(([old, fresh]) => (old ? morph(old, fresh) : fresh));
  for (const node of leftovers) node.remove();
  let cursor = from.firstChild;
  for (const node of placed) {
    if (node === cursor) cursor = cursor.nextSibling;
    else from.insertBefore(node, cursor);
  }
}

function carryState(from, to) {
  const inner = (node) => node.__field ?? node.querySelector?.("[data-field]")?.__field;
  const [old, fresh] = [inner(from), inner(to)];
  if (old && fresh && old.type === fresh.type && old.actionId === fresh.actionId) fresh.restore?.(old.read());
}

/** Turn `from`, which is in the page, into `to`; returns the element that is in the page afterwards. */
export function morph(from, to) {
  if (from === to) return from;
  if (from.__sig !== undefined && from.__sig === to.__sig) return from;
  if (from.nodeName !== to.nodeName || from.__sig !== to.__sig) {
    carryState(from, to);
    from.replaceWith(to);
    return to;
  }
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return from;
  }
  syncAttributes(from, to);
  for (const [type, handler] of Object.entries(to.__on ?? {})) listen(from, type, handler);
  for (const type of Object.keys(from.__on ?? {})) if (!to.__on?.[type]) delete from.__on[type];
  from.__key = to.__key;
  from.__kind = to.__kind;
  morphChildren(from, [...to.childNodes]);
  return from;
}

function placeOf(node) {
  const action = node.dataset?.actionId;
  const block = node.closest?.("[data-block-id]")?.dataset.blockId;
  return { id: node.id, action, block };
}

function refocus(root, place) {
  const candidates = [...root.querySelectorAll("[data-action-id]")].filter((node) => node.dataset.actionId === place.action);
  const same = candidates.find((node) => node.closest("[data-block-id]")?.dataset.blockId === place.block);
  const target = (place.id && document.getElementById(place.id)) || same || candidates[0];
  target?.focus({ preventScroll: true });
}

/** `morph` that also keeps the keyboard's place when the focused control had to be replaced. */
export function patch(from, to) {
  const focused = document.activeElement;
  const place = focused && from.contains(focused) ? placeOf(focused) : null;
  const node = morph(from, to);
  if (place && document.activeElement !== focused) refocus(node, place);
  if (place && !node.contains(document.activeElement) && node.hasAttribute("data-roving")) node.focus({ preventScroll: true });
  return node;
}

/** Replace all children. */
export function fill(node, ...children) {
  node.replaceChildren();
  append(node, children);
  return node;
}

/** A sentence for screen readers only. */
export function announce(text) {
  const region = document.getElementById("announce");
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
