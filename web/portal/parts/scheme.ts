/** Dark or light: follows the system until somebody chooses; public pages keep the same choice. */
import type { MantineColorScheme, MantineColorSchemeManager } from "@mantine/core";

const KEY = "rushes-theme"; // shared with the public pages

/** Keeps the choice where the public pages keep it, and tells the tokens. */
export const schemeManager: MantineColorSchemeManager = {
  get: (fallback) => {
    const stored = read();
    tellTokens(stored ?? fallback);
    return stored ?? fallback;
  },
  set: (scheme) => {
    try {
      if (scheme === "auto") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, scheme);
    } catch {
      // A browser that keeps nothing still shows the choice until the page is left.
    }
    tellTokens(scheme);
  },
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  clear: () => {
    tellTokens("auto");
  },
};

function read(): "dark" | "light" | null {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "dark" || stored === "light" ? stored : null;
  } catch {
    return null;
  }
}

function tellTokens(scheme: MantineColorScheme): void {
  if (scheme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = scheme;
}
