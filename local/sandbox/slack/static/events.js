/** The stream of server-sent events: reconnects with back-off, and says when what was missed must be fetched again. */

import { emit, on, state } from "./state.js";

const SHORTEST = 500;
const LONGEST = 15000;

let source = null;
let timer = null;
let wait = SHORTEST;
let lost = false;

function receive(event) {
  let payload;
  try {
    payload = JSON.parse(event.data);
  } catch {
    return;
  }
  if (payload && typeof payload.type === "string") emit("event", payload);
}

function opened() {
  wait = SHORTEST;
  emit("reachable", true);
  if (lost) emit("resync");
  lost = false;
}

function broken() {
  source?.close();
  lost = true;
  emit("reachable", false);
  clearTimeout(timer);
  timer = setTimeout(connect, wait * (0.75 + Math.random() / 2));
  wait = Math.min(wait * 2, LONGEST);
}

/** Open the stream for the current user, closing the one before. */
export function connect() {
  clearTimeout(timer);
  source?.close();
  source = new EventSource(`/page/events?user=${encodeURIComponent(state.user)}`);
  source.onopen = opened;
  source.onmessage = receive;
  source.onerror = broken;
}

export function retryNow() {
  wait = SHORTEST;
  connect();
}

on("retry", retryNow);
addEventListener("online", retryNow);
