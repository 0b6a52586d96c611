/**
 * How the pages are built: five entries, hashed names, one manifest, nothing inline.
 *
 * `base` is where `web/assets.py` serves the files. The server writes the HTML, so there is none here.
 */
import { readFileSync } from "node:fs";

import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const fromHere = (path: string): string => new URL(path, import.meta.url).pathname;

/** The words and the signs are put beside the bundle: the server writes its pages with the same. */
function shareWithServer(): Plugin {
  return {
    name: "share-with-server",
    generateBundle() {
      for (const [fileName, path] of [
        ["text/en.json", "shared/text/en.json"],
        ["icons.svg", "shared/icons.svg"],
        ["favicon.svg", "shared/favicon.svg"],
      ] as const) {
        this.emitFile({ type: "asset", fileName, source: readFileSync(fromHere(path)) });
      }
    },
  };
}

const NAMED_WORDS = /import\s*\{([^}]+)\}\s*from\s*"[^"]*\/text\/en\.json";/g;
const SECTION = "\0words:";

/**
 * Each section of the words becomes a module of its own, so that a page carries only those that it
 * names: one JSON module would be one chunk for all pages, with the portal's words in it.
 */
function splitWords(): Plugin {
  return {
    name: "split-words",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!/\.tsx?$/.test(id) || !code.includes("/text/en.json")) return null;
      const split = (_: string, names: string): string =>
        names
          .split(",")
          .map((name) => name.trim())
          .filter((name) => name !== "")
          .map((name) => {
            const [section = "", local = section] = name.split(/\s+as\s+/);
            return `import ${local} from ${JSON.stringify(SECTION + section)};`;
          })
          .join("");
      return { code: code.replace(NAMED_WORDS, split), map: null };
    },
    resolveId: (source) => (source.startsWith(SECTION) ? source : null),
    load(id) {
      if (!id.startsWith(SECTION)) return null;
      const words = JSON.parse(readFileSync(fromHere("shared/text/en.json"), "utf8")) as Words;
      const section = words[id.slice(SECTION.length)];
      if (section === undefined) throw new Error(`There are no words for ${id.slice(1)}.`);
      return `export default ${JSON.stringify(section)};`;
    },
  };
}

/** What sends files: one file, which the portal loads late. */
const SENDING = /\/shared\/uploads\/(?!item|estimator|gather)\w+\.ts$/;

const SHARED =
  /\/web\/shared\/[^/]+\.ts$|\/uploads\/(item|estimator|gather)\.ts$|\/shared\/text\/fill\.ts$|words:(problems|page|states)$/;

type Words = Readonly<Record<string, unknown>>;

export default defineConfig({
  root: fromHere("."),
  base: "/assets/",
  plugins: [splitWords(), shareWithServer()],
  publicDir: false, // `public/` holds the sources of the public pages, not files to copy
  build: {
    outDir: fromHere("../src/rushes/web/static"),
    emptyOutDir: true,
    assetsDir: "",
    manifest: true,
    sourcemap: false,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900, // kB: hls.js, loaded at the first play; budgets are held by a test
    rolldownOptions: {
      onLog(level, log, report) {
        // "use client" speaks to servers that run React; ours does not.
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") report(level, log);
      },
      output: {
        // Few files: on a slow line each one costs a round trip.
        codeSplitting: {
          groups: [
            { name: "sending", test: SENDING, priority: 1 },
            { name: "shared", test: SHARED, priority: 2 }, // what it needs is not in "sending"
          ],
        },
      },
      input: {
        upload: fromHere("public/upload.ts"),
        login: fromHere("public/login.ts"),
        watch: fromHere("public/watch.ts"),
        portal: fromHere("portal/main.tsx"),
        reference: fromHere("public/reference.css"), // pages that are only read: a style, no script
      },
    },
  },
  server: { host: "127.0.0.1", strictPort: true },
  test: { include: ["**/*.test.ts"], environment: "node" },
});
