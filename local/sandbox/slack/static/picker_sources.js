/** Where the options of a select come from, and how its state is called: one row for each type of element. */

import { post } from "./api.js";
import { placeOf } from "./fields.js";
import { plain } from "./mrkdwn.js";
import { channelName, nameOfUser, state, userOf } from "./state.js";

const asOption = (value, label, description) => ({ value, text: { type: "plain_text", text: label, emoji: false }, ...(description && { description }) });

const userOption = (id) => asOption(id, nameOfUser(userOf(id) ?? { name: id }));

function channelOption(id) {
  const channel = state.boot.channels.find((one) => one.id === id);
  if (!channel) return asOption(id, id);
  return asOption(id, channel.kind === "im" ? channelName(channel) : `#${channel.name}`);
}

const users = () => state.boot.users.map((user) => userOption(user.id));
const channels = () => state.boot.channels.filter((one) => one.kind !== "im").map((one) => channelOption(one.id));

function conversations(spec) {
  const include = spec.filter?.include;
  const kinds = { im: ["im"], public: ["channel"], private: ["channel"], mpim: [] };
  const wanted = include ? include.flatMap((name) => kinds[name] ?? []) : ["im", "channel"];
  return state.boot.channels.filter((one) => wanted.includes(one.kind ?? "channel")).map((one) => channelOption(one.id));
}

const matches = (option, query) =>
  !query || plain(option.text).toLowerCase().includes(query) || plain(option.description).toLowerCase().includes(query);

/** Options and groups that match, as groups `{label?, options}` without empty ones. */
export function filtered(source, query) {
  const groups = source.groups ?? [{ options: source.options ?? [] }];
  const needle = query.trim().toLowerCase();
  return groups.map((group) => ({ label: group.label, options: group.options.filter((option) => matches(option, needle)) }))
    .filter((group) => group.options.length);
}

export const grouped = (answer) => answer.option_groups
  ? { groups: answer.option_groups.map((group) => ({ label: plain(group.label), options: group.options ?? [] })) }
  : { options: answer.options ?? [] };

const ofSpec = (spec) => grouped(spec);
const list = (make) => (spec) => ({ options: make(spec) });

const ids = (make, one, many) => ({
  selected: (spec) => (spec[`initial_${many}`] ?? [spec[`initial_${one}`]]).filter(Boolean).map(make),
  state: (options, multiple) => (multiple
    ? { [`selected_${many}`]: options.map((option) => option.value) }
    : { [`selected_${one}`]: options[0]?.value ?? null }),
  restored: (old) => (old[`selected_${many}`] ?? [old[`selected_${one}`]]).filter(Boolean).map(make),
});

const OPTIONS = {
  selected: (spec) => (spec.initial_options ?? [spec.initial_option]).filter(Boolean),
  state: (options, multiple) => (multiple ? { selected_options: options } : { selected_option: options[0] ?? null }),
  restored: (old) => (old.selected_options ?? [old.selected_option]).filter(Boolean),
};

const ROWS = {
  static_select: { source: ofSpec, ...OPTIONS },
  external_select: { source: () => ({ options: [] }), external: true, ...OPTIONS },
  users_select: { source: list(users), ...ids(userOption, "user", "users") },
  channels_select: { source: list(channels), ...ids(channelOption, "channel", "channels") },
  conversations_select: { source: list(conversations), ...ids(channelOption, "conversation", "conversations") },
};

export const isSelect = (type) => String(type).replace(/^multi_/, "") in ROWS;

/** The row of an element's type and whether it takes several. */
export function kindOf(spec) {
  return { ...ROWS[spec.type.replace(/^multi_/, "")], multiple: spec.type.startsWith("multi_") };
}

/** Ask the app for options. */
export function suggest(node, spec, value) {
  return post("/page/suggestions", { ...placeOf(node), action_id: spec.action_id, type: spec.type, value });
}
