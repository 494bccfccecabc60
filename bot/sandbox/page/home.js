/** The bot's two tabs in its direct messages, Home and Messages; opening Home tells the bot, which draws it. */

import { el } from "./dom.js";
import { FormState } from "./form_state.js";
import { busyView, drawView } from "./view_body.js";

const TABS = [["home", "Home"], ["messages", "Messages"]];

/** Draws into `tabs` and `panel`; `show(tab)` is called with "home" or "messages", `press` as in `createModals`. */
export function createHome({ tabs, panel, hidden }, { show, press, upload }) {
  let form = new FormState();
  let whose = null;
  const buttons = TABS.map(([tab, words]) => el("button.tab", { type: "button", role: "tab", id: `tab-${tab}`, "aria-controls": tab === "home" ? "home" : "scroller", onclick: () => show(tab) }, words));
  const trouble = el("p.modal-trouble", { role: "alert" });
  tabs.append(...buttons);
  tabs.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const other = buttons.find((button) => button.tabIndex === -1);
    other.click();
    other.focus();
  });

  function render(workspace) {
    const direct = Boolean(workspace.here()?.is_im);
    const open = workspace.atHome;
    tabs.hidden = !direct;
    panel.hidden = !open;
    for (const node of hidden) node.classList.toggle("behind", open);
    buttons.forEach((button, index) => choose(button, TABS[index][0] === (open ? "home" : "messages")));
    if (open) draw(workspace);
  }

  async function use(view, used) {
    const taken = await press(view, ...used, form.values(view.blocks ?? []));
    trouble.replaceChildren(taken ? "" : "The bot did not take that. Try again.");
  }

  function choose(button, chosen) {
    button.setAttribute("aria-selected", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  }

  function draw({ acting, home, homeLoaded }) {
    if (whose !== acting) {
      whose = acting;
      form = new FormState();
      panel.replaceChildren();
    }
    const body = panel.querySelector(".home-body") ?? el("div.home-body.view");
    if (home) {
      drawView(body, home, { form, upload, press: (...used) => use(home, used) });
      if (!body.isConnected) panel.replaceChildren(body, trouble);
    } else {
      panel.replaceChildren(homeLoaded ? el("p.loading", {}, "The bot has put nothing here yet.") : busyView("Loading…"));
    }
  }

  return { render };
}
