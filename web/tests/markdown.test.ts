// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { blocksOf, isOnlyEmoji } from "../src/features/chat/markdown";

const html = (text: string, names: Parameters<typeof blocksOf>[1] = []) =>
  blocksOf(text, names)
    .map((block) => (block.kind === "html" ? block.html : `[${block.language}]${block.text}`))
    .join("");

describe("message text", () => {
  it("is Markdown, with single line breaks kept", () => {
    expect(html("**a** `b`\nc")).toContain("<strong>a</strong> <code>b</code><br>c");
  });

  it("shows HTML as it was typed", () => {
    const shown = html('<img src=x onerror="alert(1)"> <script>alert(2)</script>');
    expect(shown).not.toContain("<img");
    expect(shown).not.toContain("<script");
    expect(shown).toContain("&lt;img");
  });

  it("drops addresses that run code", () => {
    expect(html("[click](javascript:alert(1))")).not.toContain("javascript:");
  });

  it("opens links beside the room and tells nobody where from", () => {
    const shown = html("https://example.org");
    expect(shown).toContain('target="_blank"');
    expect(shown).toContain("noopener");
  });

  it("never loads a picture from elsewhere", () => {
    const shown = html("![cat](https://example.org/cat.png)");
    expect(shown).not.toContain("<img");
    expect(shown).toContain('href="https://example.org/cat.png"');
  });

  it("gives code as a block of its own, with its language", () => {
    const blocks = blocksOf("before\n```rust\nfn a() {}\n```\nafter", []);
    expect(blocks.map((block) => block.kind)).toEqual(["html", "code", "html"]);
    expect(blocks[1]).toEqual({ kind: "code", language: "rust", text: "fn a() {}" });
  });

  it("marks those who are mentioned, by the longest name that fits, and me apart", () => {
    const names = [
      { text: "jo", shown: "Jo", me: false },
      { text: "jonas.feld", shown: "Jonas Feld", me: true },
    ];
    expect(html("hey @jonas.feld", names)).toContain('<span class="mention mention-me">@Jonas Feld</span>');
    expect(html("hey @nobody", names)).not.toContain("mention");
  });

  it("knows the wide sign of Chinese keyboards, in the middle of a sentence", () => {
    expect(html("请＠小曼看一下", [{ text: "小曼", shown: "小曼", me: false }])).toContain(
      '请<span class="mention">@小曼</span>看一下',
    );
  });

  it("does not mark a name inside of code", () => {
    expect(html("`@jo`", [{ text: "jo", shown: "Jo", me: false }])).not.toContain("mention");
  });

  it("cannot be broken out of by a name", () => {
    const shown = html("@evil", [{ text: "evil", shown: "<b onclick=x>", me: false }]);
    expect(shown).not.toContain("<b");
  });
});

describe("emoji alone", () => {
  it("are told from text", () => {
    expect(isOnlyEmoji("🎉👍")).toBe(true);
    expect(isOnlyEmoji("❤️")).toBe(true);
    expect(isOnlyEmoji("5")).toBe(false);
    expect(isOnlyEmoji("ok 👍")).toBe(false);
  });

  it("leads from the name of a room to the room, and from nothing else", () => {
    const rooms = [
      { text: "drive", address: "http://place/r/r1" },
      { text: "drive-train", address: "http://place/r/r2" },
    ];
    const shown = (text: string) =>
      blocksOf(text, [], rooms).map((block) => (block.kind === "html" ? block.html : ""));
    expect(shown("see #drive-train.")[0]).toContain('<a href="http://place/r/r2"');
    expect(shown("see #drive，好")[0]).toContain(">#drive</a>");
    expect(shown("#drives and #7")[0]).not.toContain("<a");
  });

  it("that nobody could take apart is shown as it was typed, and soon", () => {
    for (const text of [
      ">".repeat(10_000),
      "> ".repeat(5_000),
      "- ".repeat(5_000),
      "> - ".repeat(2_500),
      "[".repeat(10_000),
      "*a ".repeat(3_000),
    ]) {
      const start = performance.now();
      expect(html(text).length).toBeGreaterThan(1000);
      expect(performance.now() - start, text.slice(0, 5)).toBeLessThan(2000);
    }
  });
});
