import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { precompress } from "./scripts/precompress.js";

/** The server that the development page talks to. */
const server = process.env.PLAZA_SERVER ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), precompress()],
  build: {
    target: "es2022",
    sourcemap: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
  },
  server: {
    proxy: {
      // The page's own origin stays in the request: the server refuses foreign ones.
      "/api": { target: server, changeOrigin: false },
      "/files": { target: server, changeOrigin: false },
      "/avatars": { target: server, changeOrigin: false },
      "/connection": { target: server, changeOrigin: false, ws: true },
    },
  },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}", "tests/**/*.test.ts"] },
});
