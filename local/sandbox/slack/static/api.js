/** Talking to the sandbox: JSON requests with the user's id in each, and one place that knows whether it answers. */

import { emit, state } from "./state.js";

export class Unreachable extends Error {}

async function answer(request) {
  let response;
  try {
    response = await request;
  } catch {
    emit("reachable", false);
    throw new Unreachable("The sandbox did not answer.");
  }
  const text = await response.text();
  const body = parsed(text);
  if (!response.ok && body.error === undefined) throw new Error(`The sandbox answered ${response.status}.`);
  return body;
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    throw new Error("The sandbox answered something that is not JSON.");
  }
}

/** GET with query; undefined values are left out. */
export function get(path, query = {}) {
  const pairs = Object.entries({ user: state.user || undefined, ...query }).filter(([, value]) => value !== undefined);
  return answer(fetch(`${path}?${new URLSearchParams(pairs)}`));
}

export function post(path, body = {}) {
  return answer(fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user: state.user, ...body }),
  }));
}

export function upload(fields) {
  const form = new FormData();
  form.append("user", state.user);
  for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
  return answer(fetch("/page/upload", { method: "POST", body: form }));
}

/** Failures of the app, which the sandbox itself tells the person of. */
const TOLD = new Set(["dispatch_failed", "operation_timeout"]);

/** Run `work`; a failure becomes a toast and `undefined`. `{ok: false, error}` counts as a failure too. */
export async function attempt(work) {
  try {
    const result = await work();
    if (result?.ok === false && !result.response_action) {
      if (!TOLD.has(result.error)) emit("toast", { text: sentence(result.error), level: "error" });
      return undefined;
    }
    return result;
  } catch (error) {
    emit("toast", { text: error.message, level: "error" });
    return undefined;
  }
}

/** `channel_not_found` reads better as words; whole sentences stay. */
export function sentence(error) {
  const text = String(error || "That did not work.");
  if (/\s/.test(text)) return text;
  const words = text.replaceAll("_", " ");
  return `${words[0].toUpperCase()}${words.slice(1)}.`;
}
