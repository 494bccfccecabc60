/** Puts the parts together: events of the local Slack go into the workspace, and the views show it. */

import { whileBusy } from "./buttons.js";
import { SUGGESTIONS } from "./commands.js";
import { createComposer } from "./composer.js";
import { refreshAgo } from "./dates.js";
import { createDrawer } from "./drawer.js";
import { Echoes } from "./echoes.js";
import { createHeader } from "./header.js";
import { useNames } from "./mentions.js";
import { createMessageList } from "./message_list.js";
import { nameOf } from "./people.js";
import { fetchMessages, fetchState, interact, listen, runCommand } from "./server.js";
import { createSidebar } from "./sidebar.js";
import { keyOf, Workspace } from "./workspace.js";

const byId = (id) => document.getElementById(id);
const workspace = new Workspace();
const echoes = new Echoes();
let online = true;
let turn = 0;
let loading = false;
let missed = [];

useNames(workspace);
const drawer = createDrawer({ sidebar: byId("sidebar"), backdrop: byId("backdrop"), pane: document.querySelector(".pane") });
const sidebar = createSidebar(byId("sidebar"), { open: openChannel, act: actAs, close: drawer.close });
const header = createHeader(byId("channel-header"), byId("notice"), { openDrawer: drawer.open, toggleTheme: window.theme.toggle });
const list = createMessageList({ scroller: byId("scroller"), list: byId("messages"), newer: byId("newer") }, { press, run, suggestions: SUGGESTIONS });
const composer = createComposer({ form: byId("composer"), hint: byId("hint"), completion: byId("completion") }, { send: run });

function renderAround() {
  sidebar.render(workspace);
  header.render(workspace, online);
  composer.render(workspace);
}

function renderMessages() {
  if (workspace.loaded) list.render(workspace, echoes);
}

/** Loads the open channel anew; what the stream says meanwhile is applied on top. */
async function loadMessages() {
  const mine = ++turn;
  loading = true;
  missed = [];
  const messages = workspace.current ? await fetchMessages(workspace.current, workspace.acting) : [];
  if (mine !== turn) return;
  workspace.replaceMessages(messages);
  missed.forEach((event) => workspace.apply(event));
  loading = false;
  renderMessages();
}

async function reload() {
  try {
    workspace.take(await fetchState());
    remember();
    renderAround();
    await loadMessages();
  } catch {
    linked(false); // the stream says hello again once the server is back
  }
}

function linked(up) {
  if (online === up) return;
  online = up;
  renderAround();
}

function goTo(change) {
  change();
  workspace.settle();
  workspace.markRead();
  workspace.loaded = false;
  remember();
  list.showLoading();
  renderAround();
  return loadMessages();
}

function openChannel(id) {
  drawer.close();
  goTo(() => { workspace.current = id; });
}

function actAs(id) {
  const inDirect = workspace.here()?.is_im;
  goTo(() => {
    workspace.acting = id;
    if (inDirect) workspace.current = workspace.visible().find((channel) => channel.is_im)?.id ?? workspace.current;
  });
}

/** Person and channel stand in the address, so that a reload, or a second window, finds them. */
function remember() {
  history.replaceState(null, "", `#${workspace.acting}/${workspace.current}`);
}

function recall() {
  [workspace.acting = null, workspace.current = null] = location.hash.slice(1).split("/");
}

async function run(line) {
  const text = line.replace(/^\/aws\s*/i, "");
  const echo = echoes.begin(workspace, `/aws ${text}`.trim(), workspace.sorted());
  list.stick();
  renderMessages();
  try {
    await runCommand(echo.channel, echo.user, text);
  } catch {
    echo.lost = true;
  }
  echo.pending = false;
  renderMessages();
}

async function press(message, element, block, button) {
  const action = { action_id: element.action_id, block_id: block.block_id, value: element.value, type: element.type };
  const answer = await whileBusy(button, () => interact(workspace.current, message.ts, workspace.acting, action)).catch(() => null);
  if (answer?.outcome !== "acked") say(`${nameOf(workspace.bot())} did not take that click. Try again.`);
}

/** Speaks to screen readers, and shows a passing line over the composer. */
function say(sentence) {
  byId("hint").replaceChildren(sentence);
}

function announce(message) {
  const name = nameOf(workspace.user(message.user), message.user);
  byId("announcer").replaceChildren(`${name}: ${(message.text ?? "").replace(/<[^>|]*\|?([^>]*)>/g, "$1").slice(0, 300)}`);
}

function onMessageEvent(event) {
  if (loading) missed.push(event);
  const fresh = event.type === "message" && event.message;
  if (fresh) {
    echoes.settle(event.message);
    workspace.noteUnread(event.channel, event.message);
    renderAround();
  }
  if (!workspace.apply(event)) return;
  renderMessages();
  if (!fresh) return;
  announce(event.message);
  list.pointAt(keyOf(event.message));
}

function onEvent(event) {
  if (event.type === "connections") {
    workspace.connections = event.n;
    renderAround();
  } else if (event.type === "hello") {
    reload();
  } else if (event.type === "reset") {
    echoes.clear();
    workspace.unread.clear();
    reload();
  } else {
    onMessageEvent(event);
  }
}

recall();
listen(onEvent, linked);
setInterval(refreshAgo, 20_000);
if (window.matchMedia("(hover: hover)").matches) composer.focus();
