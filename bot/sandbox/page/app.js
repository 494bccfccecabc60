/** Puts the parts together: events of the local Slack go into the workspace, and the views show it. */

import { Asking } from "./asking.js";
import { createComposer } from "./composer.js";
import { refreshAgo } from "./dates.js";
import { createDrawer } from "./drawer.js";
import { Echoes } from "./echoes.js";
import { createHeader } from "./header.js";
import { createHome } from "./home.js";
import { useNames } from "./mentions.js";
import { dayNode, echoNode, introNode, messageNode, repliesNode, threadNode } from "./message.js";
import { createMessageList } from "./message_list.js";
import { createModals } from "./modals.js";
import { nameOf } from "./people.js";
import { fetchMessages, fetchState, fetchViews, listen, openHome } from "./server.js";
import { createSidebar } from "./sidebar.js";
import { SUGGESTIONS } from "./suggest.js";
import { createThread } from "./thread.js";
import { timeline } from "./timeline.js";
import { keyOf, Workspace } from "./workspace.js";

const byId = (id) => document.getElementById(id);
const pane = document.querySelector(".pane");
const workspace = new Workspace();
const echoes = new Echoes();
const asking = new Asking(workspace, { say, begin, ended: renderMessages, views: loadViews });
let online = true;
let turn = 0;
let look = 0;
let loading = false;
let missed = [];

useNames(workspace);
const drawer = createDrawer({ sidebar: byId("sidebar"), backdrop: byId("backdrop"), pane });
const sidebar = createSidebar(byId("sidebar"), { open: openChannel, act: actAs, close: drawer.close });
const header = createHeader(byId("channel-header"), byId("notice"), { openDrawer: drawer.open, toggleTheme: window.theme.toggle });
const list = createMessageList({ scroller: byId("scroller"), list: byId("messages"), newer: byId("newer") }, build);
const composer = createComposer(byId("dock"), { id: "composer", label: "Message", workspace, run: asking.run, post: (text, files) => post(text, files, null), upload: asking.upload });
const thread = createThread(byId("thread"), pane, build, { workspace, run: asking.run, post: (text, files) => post(text, files, workspace.thread), upload: asking.upload }, () => openThread(null));
const home = createHome({ tabs: byId("tabs"), panel: byId("home"), hidden: [byId("scroller"), byId("dock")] }, { show: openTab, press: asking.pressView, upload: asking.upload });
const modals = createModals({ submit: asking.submit, close: asking.close, press: asking.pressView, upload: asking.upload });
const does = { reply: (message) => openThread(message.ts), shortcut: asking.shortcut, copy };

function build(_, entry) {
  if (entry.kind === "message") return messageNode(workspace, entry, asking.press, does);
  if (entry.kind === "thread") return threadNode(workspace, entry, openThread);
  if (entry.kind === "replies") return repliesNode(entry);
  if (entry.kind === "echo") return echoNode(entry);
  return entry.kind === "day" ? dayNode(entry) : introNode(workspace, entry, SUGGESTIONS, asking.run);
}

function renderAround() {
  sidebar.render(workspace);
  header.render(workspace, online);
  composer.render();
  home.render(workspace);
}

function renderMessages() {
  if (workspace.loaded) list.render(workspace, timeline(workspace, echoes));
  thread.render(workspace);
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

/** Asks anew what views this person has: the stream says only that something about them changed. */
async function loadViews() {
  const mine = ++look;
  const { modals: open, home: shown } = await fetchViews(workspace.acting);
  if (mine !== look) return;
  workspace.modals = open;
  workspace.home = shown;
  modals.render(open);
  home.render(workspace);
}

async function reload() {
  try {
    workspace.take(await fetchState());
    remember();
    renderAround();
    await Promise.all([loadMessages(), loadViews()]);
    if (workspace.atHome) openTab("home");
  } catch {
    linked(false); // the stream says hello again once the server is back
  }
}

function linked(up) {
  if (online === up) return;
  online = up;
  renderAround();
}

async function goTo(change) {
  const { acting } = workspace;
  Object.assign(workspace, { thread: null, tab: "messages" });
  change();
  workspace.settle();
  workspace.markRead();
  workspace.loaded = false;
  remember();
  list.showLoading();
  renderAround();
  thread.render(workspace);
  await Promise.all([loadMessages(), acting === workspace.acting ? null : loadViews()]);
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

/** Opens the thread under the message `ts`, or closes it with null. */
function openThread(ts) {
  workspace.thread = workspace.thread === ts ? null : ts;
  remember();
  renderMessages();
}

async function openTab(tab) {
  workspace.tab = tab;
  workspace.homeLoaded = false;
  remember();
  home.render(workspace);
  if (tab !== "home") return;
  openThread(null);
  await openHome(workspace.acting).catch(() => null);
  workspace.homeLoaded = true;
  await loadViews();
}

/** Person and place stand in the address, so that a reload, or a second window, finds them. */
function remember() {
  history.replaceState(null, "", `#${workspace.place}`);
}

/** Notes a typed command as a line of its own, where it will be answered. */
function begin(line) {
  const echo = echoes.begin(workspace, line, workspace.sorted());
  list.stick();
  renderMessages();
  return echo;
}

function post(text, files, within) {
  (within ? thread : list).stick();
  return asking.post(text, files, within);
}

async function copy(text) {
  await navigator.clipboard.writeText(text).then(() => say("Copied."), () => say("The browser did not allow copying. Select the text instead."));
}

/** Speaks to screen readers, and shows a passing line over the composer. */
function say(sentence) {
  (workspace.thread ? thread : composer).say(sentence);
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
  for (const shown of [list, thread]) shown.pointAt(keyOf(event.message));
}

const EVENTS = {
  connections: ({ n }) => {
    workspace.connections = n;
    renderAround();
  },
  hello: reload,
  view: ({ user }) => (user ?? workspace.acting) === workspace.acting && loadViews(),
  file: ({ file }) => workspace.shows(file) && loadMessages(),
  reset: () => {
    echoes.clear();
    workspace.unread.clear();
    reload();
  },
};

workspace.place = location.hash.slice(1);
listen((event) => (EVENTS[event.type] ?? onMessageEvent)(event), linked);
setInterval(refreshAgo, 20_000);
if (window.matchMedia("(hover: hover)").matches) composer.focus();
