/**
 * How the pages are built: three entries, hashed names, one manifest, nothing inline.
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

export default defineConfig({
  root: fromHere("."),
  base: "/assets/",
  plugins: [shareWithServer()],
  publicDir: false, // `public/` holds the sources of the public pages, not files to copy
  json: { stringify: false }, // sections of the texts that a page does not use are left out
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
    rolldownOptions: {
      input: {
        upload: fromHere("public/upload.ts"),
        login: fromHere("public/login.ts"),
        portal: fromHere("portal/main.tsx"),
      },
    },
  },
  server: { host: "127.0.0.1", strictPort: true },
  test: { include: ["**/*.test.ts"], environment: "node" },
});
