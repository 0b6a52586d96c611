/** Dark or light: the system's choice, until the switch is used; then that, in this browser. */
const KEY = "rushes-theme";

/** Apply the stored choice, and let the page's switch change it. */
export function startTheme(): void {
  const stored = read();
  if (stored !== null) document.documentElement.dataset["theme"] = stored;
  document.getElementById("theme")?.addEventListener("click", () => {
    const next = isLight() ? "dark" : "light";
    document.documentElement.dataset["theme"] = next;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // A browser that stores nothing keeps the choice for this page alone.
    }
  });
}

function isLight(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen ? chosen === "light" : matchMedia("(prefers-color-scheme: light)").matches;
}

function read(): string | null {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "dark" || stored === "light" ? stored : null;
  } catch {
    return null;
  }
}
