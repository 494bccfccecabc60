/** The sidebar on a phone: a drawer that slides in, holds the focus, and goes with Escape or a tap beside it. */

export function createDrawer({ sidebar, backdrop, pane }) {
  const narrow = window.matchMedia("(max-width: 760px)");
  let opener = null;

  function show(open) {
    const away = narrow.matches && !open;
    document.body.classList.toggle("drawer", open && narrow.matches);
    sidebar.inert = away;
    pane.inert = narrow.matches && open;
  }

  function open() {
    opener = document.activeElement;
    show(true);
    sidebar.querySelector("button")?.focus();
  }

  function close() {
    if (!document.body.classList.contains("drawer")) return;
    show(false);
    if (opener?.isConnected) opener.focus();
  }

  backdrop.addEventListener("click", close);
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
  narrow.addEventListener("change", () => show(false));
  show(false);
  return { open, close };
}
