/** Times as people read them. Message ids are epoch seconds with a fraction. */

/** The world's own time: it may be ahead of this machine's, and run faster. */
const world = { epoch: null, speed: 1, at: 0 };

export function followWorld(told) {
  if (told) Object.assign(world, { epoch: told.epoch * 1000, speed: told.speed, at: Date.now() });
}

export const worldNow = () => new Date(world.epoch === null ? Date.now() : world.epoch + (Date.now() - world.at) * world.speed);

/** "Tue, Nov 24, 2:45 PM", and how fast it runs. */
export function worldClock() {
  const speed = world.speed === 1 ? "" : ` · ${world.speed}×`;
  return `${CLOCK.format(worldNow())}${speed}`;
}

export const dateOf = (ts) => new Date(Number.parseFloat(ts) * 1000);

const format = (options) => new Intl.DateTimeFormat(undefined, options);
const TIME = format({ hour: "numeric", minute: "2-digit" });
const TIME_SECONDS = format({ hour: "numeric", minute: "2-digit", second: "2-digit" });
const FULL = format({ weekday: "long", year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit" });
const DAY = format({ weekday: "long", month: "long", day: "numeric" });
const DAY_YEAR = format({ year: "numeric", month: "long", day: "numeric" });
const CLOCK = format({ weekday: "short", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
const SHORT = format({ month: "short", day: "numeric" });
const NUMERIC = format({ year: "numeric", month: "2-digit", day: "2-digit" });
const LONG = format({ weekday: "long", year: "numeric", month: "long", day: "numeric" });

export const timeOf = (ts) => TIME.format(dateOf(ts));
export const fullTimeOf = (ts) => FULL.format(dateOf(ts));

/** A day's key in this reader's zone. */
export const dayKey = (ts) => dateOf(ts).toLocaleDateString("sv");

function daysFrom(date, now) {
  const midnight = (day) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  return Math.round((midnight(date) - midnight(now)) / 86400000);
}

/** "Today", "Yesterday", "Tomorrow", or nothing. */
function nearby(date) {
  return { "-1": "Yesterday", 0: "Today", 1: "Tomorrow" }[daysFrom(date, worldNow())];
}

export function dayOf(ts) {
  const date = dateOf(ts);
  const near = nearby(date);
  if (near) return near;
  return date.getFullYear() === worldNow().getFullYear() ? DAY.format(date) : DAY_YEAR.format(date);
}

/** "10:41", or "Nov 3, 10:41" when it was another day. */
export function shortTimeOf(ts) {
  const near = nearby(dateOf(ts));
  return near === "Today" ? timeOf(ts) : `${near ?? SHORT.format(dateOf(ts))}, ${timeOf(ts)}`;
}

const TOKENS = {
  date_num: (date) => NUMERIC.format(date),
  date: (date) => DAY_YEAR.format(date),
  date_short: (date) => `${SHORT.format(date)}, ${date.getFullYear()}`,
  date_long: (date) => LONG.format(date),
  date_pretty: (date) => nearby(date)?.toLowerCase() ?? DAY_YEAR.format(date),
  date_short_pretty: (date) => nearby(date)?.toLowerCase() ?? `${SHORT.format(date)}, ${date.getFullYear()}`,
  date_long_pretty: (date) => nearby(date)?.toLowerCase() ?? LONG.format(date),
  time: (date) => TIME.format(date),
  time_secs: (date) => TIME_SECONDS.format(date),
  ago: (date) => ago(date),
  day_divider_pretty: (date) => dayOf(date.getTime() / 1000),
};

function ago(date) {
  const minutes = Math.round((date.getTime() - worldNow().getTime()) / 60000);
  const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  if (Math.abs(minutes) < 60) return relative.format(minutes, "minute");
  if (Math.abs(minutes) < 1440) return relative.format(Math.round(minutes / 60), "hour");
  return relative.format(Math.round(minutes / 1440), "day");
}

/** Slack's `<!date^…>`: epoch seconds and a pattern with `{date_short}`-like tokens; undefined if it cannot be read. */
export function slackDate(seconds, pattern) {
  const date = new Date(Number(seconds) * 1000);
  if (!/^-?\d+$/.test(String(seconds)) || Number.isNaN(date.getTime())) return undefined;
  return pattern.replace(/\{(\w+)\}/g, (whole, token) => TOKENS[token]?.(date) ?? whole);
}
