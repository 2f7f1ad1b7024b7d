import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { precompress } from "./scripts/precompress.js";

const server = "http://127.0.0.1:8000";

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
      "/api": server,
      "/files": server,
      "/avatars": server,
      "/connection": { target: server, ws: true },
    },
  },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}", "tests/**/*.test.ts"] },
});
