import { describe, expect, it } from "vitest";
import { agentOf, isPhone } from "./agent";

describe("a browser's name", () => {
  it("is told from its long form", () => {
    const agents = [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.2 Safari/605.1.15",
      "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Mobile Safari/537.36",
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0",
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Safari/537.36 Edg/155.0.0.0",
    ].map(agentOf);
    expect(agents.map(({ browser, system }) => `${browser} ${system}`)).toEqual([
      "Safari macOS",
      "Chrome Android",
      "Firefox Windows",
      "Edge Windows",
    ]);
    expect(agents.map(isPhone)).toEqual([false, true, false, false]);
  });

  it("stays unknown for a script", () => {
    expect(agentOf("curl/8.1")).toEqual({ browser: null, system: null });
  });
});
