/**
 * Light or dark: the system's choice until the person makes one, which is then remembered.
 * A classic script in the head, so that the first paint already has the right colours.
 */
(() => {
  const KEY = "local-slack-theme";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function remembered() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is refused in some private windows
    }
  }

  function remember(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // the choice then lasts as long as the page
    }
  }

  function current() {
    return root.dataset.theme ?? (system.matches ? "dark" : "light");
  }

  const chosen = remembered();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;

  window.theme = {
    current,
    toggle() {
      root.dataset.theme = current() === "dark" ? "light" : "dark";
      remember(root.dataset.theme);
    },
  };
})();
