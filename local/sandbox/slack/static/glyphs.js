/** Machines without an emoji font show drawings instead of empty boxes. Where the font has the character, nothing changes. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { nameOfEmoji } from "./emoji.js";

const GREEN = "ok", RED = "bad", AMBER = "warm", BLUE = "cool", GREY = "calm";

/** Which drawing stands for which characters. */
const ROWS = [
  ["check", GREEN, "✅ ✔️ ☑️ 🆗"], ["close", RED, "❌ ✖️ ❎"], ["alert", AMBER, "⚠️ 🚨 🚧"], ["ban", RED, "🚫 ⛔ 🛑"],
  ["info", BLUE, "ℹ️"], ["help", BLUE, "❓ ❔ 🤔"], ["disc", GREEN, "🟢 🟩"], ["disc", AMBER, "🟡 🟠 🟨 🔶 🔸"], ["disc", RED, "🔴 🟥"],
  ["disc", BLUE, "🔵 🔷 🔹 🟣"], ["disc", GREY, "⚪ ⚫ ⬜ ⬛ ➖"], ["party", AMBER, "🎉 🎊 🥳 🎁"], ["sparkle", AMBER, "✨ 💫 🆕"], ["star", AMBER, "⭐ 🌟 🤩"],
  ["flame", RED, "🔥 💥"], ["bolt", AMBER, "⚡"], ["rocket", BLUE, "🚀"], ["target", RED, "🎯"], ["bulb", AMBER, "💡"], ["trophy", AMBER, "🏆 🥇 🏅"],
  ["heart", RED, "❤️ 💚 💙 💜 🙏"], ["thumbsup", AMBER, "👍 👏 🙌 💪 👌"], ["thumbsdown", AMBER, "👎"], ["eye", BLUE, "👀 👁️"], ["wave", AMBER, "👋 🤝 ✋"],
  ["smile", AMBER, "😀 😃 😄 🙂 😊 😂 😉 😎 😁 😅"], ["mail", BLUE, "✉️ 📧 📨 📩 📤 📥 📫 📬 📭 📮"], ["chat", BLUE, "💬 💭 🗣️ 📣 📢"], ["bell", AMBER, "🔔 ⏰"],
  ["chart", GREEN, "📈 📊 📉 💹"], ["calendar", RED, "📅 📆 🗓️"], ["clock", GREY, "⏳ ⌛ ⏱️ ⏲️ 🕐 🕒 🕘 ⌚"], ["search", BLUE, "🔍 🔎 🕵️"], ["pencil", AMBER, "✏️ 📝 ✍️"],
  ["file", GREY, "📄 📃 📋 📑 🧾"], ["news", GREY, "📰"], ["folder", AMBER, "📁 📂 🗂️ 📇"], ["link", BLUE, "🔗 📎"], ["pin", RED, "📌 📍"], ["lock", AMBER, "🔒 🔐 🔑"],
  ["gear", GREY, "⚙️ 🔧 🛠️ 🔨"], ["trash", GREY, "🗑️"], ["users", BLUE, "👥"], ["user", BLUE, "👤 🧑‍💻"], ["building", BLUE, "🏢 🏭 🏦 🏠"], ["globe", BLUE, "🌍 🌎 🌏 🌐"],
  ["phone", GREY, "📞 ☎️ 📱"], ["coin", AMBER, "💰 💵 💶 💳"], ["bot", BLUE, "🤖"], ["sun", AMBER, "☀️ 🏖️ 🌞 🌤️ ⛅"], ["drop", BLUE, "💧 🌧️ ☔ 🌊 ☁️"], ["moon", BLUE, "🌙 😴 💤"],
  ["next", GREY, "▶️ ➡️"], ["back", GREY, "◀️ ⬅️ ↩️"], ["up", GREY, "⬆️ ☝️ 👆"], ["down", GREY, "⬇️ 👇"], ["pause", GREY, "⏸️"], ["stop", RED, "⏹️"], ["plus", GREEN, "➕"],
  ["redo", BLUE, "🔄 🔁 ♻️"], ["flag", RED, "🚩 🏁"], ["coffee", AMBER, "☕ 🍵"], ["list", GREY, "📚 📖"], ["briefcase", AMBER, "💼"], ["shield", GREEN, "🛡️"], ["leaf", GREEN, "🌱 🌿 🍀"],
];

const bare = (char) => char.replace(/\uFE0F/g, "");
const DRAWN = new Map(ROWS.flatMap(([name, tone, chars]) => chars.split(" ").map((char) => [bare(char), [name, tone]])));
const EMOJI = /(?:\p{Extended_Pictographic}\uFE0F?(?:\p{Emoji_Modifier})?(?:\u200D\p{Extended_Pictographic}\uFE0F?)*|\p{Regional_Indicator}{2})/gu;

let pen = null;

function drawn(text) {
  pen ??= Object.assign(document.createElement("canvas"), { width: 24, height: 24 }).getContext("2d", { willReadFrequently: true });
  pen.clearRect(0, 0, 24, 24);
  pen.font = '16px "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", sans-serif';
  pen.textBaseline = "top";
  pen.fillText(text, 2, 3);
  return pen.getImageData(0, 0, 24, 24).data.join();
}

const known = new Map();

/** Whether this machine can show the character. */
export function hasGlyph(char) {
  if (!known.has("")) known.set("", drawn("\u{10FFFD}"));
  const first = String.fromCodePoint(char.codePointAt(0));
  if (!known.has(first)) known.set(first, drawn(first) !== known.get(""));
  return known.get(first);
}

/** Whether something sensible stands for the character here. */
export const canShow = (char) => hasGlyph(char) || DRAWN.has(bare(char));

function standIn(char) {
  const [name, tone] = DRAWN.get(bare(char)) ?? [];
  const label = nameOfEmoji(char);
  if (name) return h("span", { class: `glyph glyph-${tone}`, role: "img", "aria-label": label?.replaceAll("_", " ") ?? name }, icon(name, 17));
  return label ? h("span", { class: "glyph-name" }, `:${label}:`) : null;
}

function redraw(node) {
  const parts = [];
  let from = 0;
  for (const { 0: char, index } of node.data.matchAll(EMOJI)) {
    const replacement = /^[\d#*©®™]/.test(char) || hasGlyph(char) ? null : standIn(char);
    if (!replacement) continue;
    parts.push(node.data.slice(from, index), replacement);
    from = index + char.length;
  }
  if (parts.length) node.replaceWith(...parts.filter((part) => part !== ""), node.data.slice(from));
}

/** Replace what this machine cannot show within an element that is about to be put into the page. */
export function dress(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) if (/\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(walker.currentNode.data)) found.push(walker.currentNode);
  found.forEach(redraw);
  return root;
}
