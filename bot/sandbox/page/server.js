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

/** The modals that `user` has open, the topmost last, and the Home tab the bot made for them. */
export async function fetchViews(user) {
  const { modals, home } = await ask(`/_control/views?user=${encodeURIComponent(user)}`);
  return { modals: modals ?? [], home: home ?? null };
}

/** Types `/aws text` as `user`; resolves when the bot acknowledged, or Slack's three seconds were over. */
export function runCommand(channel, user, text) {
  return ask("/_control/command", { channel, user, command: "/aws", text });
}

/** Posts a message, into a thread where `thread_ts` says so, with files that were uploaded before. */
export function postMessage(channel, user, text, { thread_ts, files }) {
  return ask("/_control/message", { channel, user, text, thread_ts, files });
}

/** Brings a file to Slack without showing it anywhere yet; resolves to the file object. */
export async function uploadFile(channel, user, file) {
  const answer = await ask("/_control/upload", { channel, user, name: file.name, content: await base64(file), share: false });
  if (!answer.ok) throw new Error(answer.error);
  return answer.file;
}

/** An element of a message (`messageTs`) or of a view (`view_id`, with its `values`) was used. */
export function interact(user, channel, where, action) {
  return ask("/_control/interact", { user, channel, ...where, action });
}

export function submitView(user, view_id, values) {
  return ask("/_control/submit", { user, view_id, values });
}

export function closeView(user, view_id) {
  return ask("/_control/close", { user, view_id });
}

export function openHome(user) {
  return ask("/_control/home", { user });
}

/** Runs a message shortcut of the app on a message. */
export function runShortcut(user, channel, messageTs, callback_id) {
  return ask("/_control/shortcut", { user, channel, messageTs, callback_id });
}

/** Where this very server serves a file's bytes. */
export function fileAddress(id) {
  return `/_control/files/${encodeURIComponent(id)}`;
}

/** Calls `onEvent` for each event, `onLink(up)` when the page gains or loses the stream; the browser reconnects. */
export function listen(onEvent, onLink) {
  const source = new EventSource("/_control/stream");
  source.onopen = () => onLink(true);
  source.onerror = () => onLink(false);
  source.onmessage = (event) => onEvent(JSON.parse(event.data));
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
