import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { addressesOf, curlOf, sampleOf, TABS } from "./samples";

const filled = {
  origin: "https://plaza.example",
  key: "plk_1",
  secret: "5ec4e7",
  token: "a.b.c",
  subscriptionToken: "d.e.f",
};
const bare = { ...filled, key: null, secret: null, token: null, subscriptionToken: null };

describe("the samples", () => {
  it("name this server by the scheme of each door", () => {
    expect(addressesOf("http://localhost:8000")).toEqual({
      socket: "ws://localhost:8000/connection/websocket",
      plain: "ws://localhost:8000/ws/{room}",
      socketio: "http://localhost:8000",
      api: "http://localhost:8000/api",
    });
    for (const tab of TABS.filter((one) => one !== "token"))
      expect(sampleOf(tab, filled).text, tab).toMatch(/(wss|https):\/\/plaza\.example/);
  });

  it("hold what was made, and a word in capitals for what was not", () => {
    expect(sampleOf("curl", filled).text).toContain("X-API-Key: plk_1");
    expect(sampleOf("token", filled).text).toContain('SECRET = "5ec4e7"');
    expect(sampleOf("centrifuge", filled).text).toContain('token: "a.b.c"');
    expect(sampleOf("centrifuge", filled).text).toContain('token: "d.e.f"');
    for (const tab of TABS) expect(sampleOf(tab, bare).text, tab).toMatch(/YOUR_[A-Z_]+/);
    for (const tab of TABS.filter((one) => one !== "websocket"))
      expect(sampleOf(tab, filled).text, tab).not.toContain("YOUR_");
  });

  it("quote for the shell whatever is published", () => {
    const body = { channel: "it's", data: { text: '\'; echo "broken" $HOME' } };
    const words = curlOf("http://h", "k", body.channel, JSON.stringify(body.data)).replace(
      /^curl/,
      "printf '%s\\n'",
    );
    const printed = execFileSync("sh", ["-c", words], { encoding: "utf8" }).split("\n");
    expect(JSON.parse(printed.at(-2) ?? "")).toEqual(body);
  });
});
