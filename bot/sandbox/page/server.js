/** The one place that talks to the local Slack: its control doors and its stream of events. */

async function ask(path, body) {
  const options = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, options);
  return response.json();
}

export function fetchState() {
  return ask("/_control/state");
}

/** Messages of a channel as `user` sees them: other people's ephemeral ones are left out. */
export async function fetchMessages(channel, user) {
  const { messages } = await ask(`/_control/messages/${encodeURIComponent(channel)}?user=${encodeURIComponent(user)}`);
  return messages ?? [];
}

/** Types `/aws text` as `user`; resolves when the bot acknowledged, or Slack's three seconds were over. */
export function runCommand(channel, user, text) {
  return ask("/_control/command", { channel, user, command: "/aws", text });
}

export function interact(channel, messageTs, user, action) {
  return ask("/_control/interact", { channel, messageTs, user, action });
}

/** Calls `onEvent` for each event, `onLink(up)` when the page gains or loses the stream; the browser reconnects. */
export function listen(onEvent, onLink) {
  const source = new EventSource("/_control/stream");
  source.onopen = () => onLink(true);
  source.onerror = () => onLink(false);
  source.onmessage = (event) => onEvent(JSON.parse(event.data));
}
