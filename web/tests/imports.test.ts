import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../src");
/** Who may import whom. i18n and styles are for everybody but client and lib. */
const ALLOWED: Record<string, string[]> = {
  app: ["app", "features", "client", "media", "ui", "lib", "i18n", "styles"],
  features: ["client", "media", "ui", "lib", "i18n"],
  ui: ["ui", "client", "media", "lib", "i18n"],
  client: ["client", "lib"],
  media: ["media", "client", "lib"],
  lib: ["lib"],
  i18n: ["i18n", "client"],
};

interface Import {
  from: string;
  to: string;
}

function* sources(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(name)) yield path;
  }
}

function imports(): Import[] {
  return [...sources(ROOT)].flatMap((path) => {
    const text = readFileSync(path, "utf8");
    const found = text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g);
    return [...found].map(([, target = ""]) => ({
      from: relative(ROOT, path),
      to: target.startsWith(".") ? relative(ROOT, resolve(dirname(path), target)) : target,
    }));
  });
}

const inside = (path: string) => path.split("/")[0] ?? "";
const feature = (path: string) => path.split("/")[1] ?? "";
const local = (link: Import) => inside(link.to) in ALLOWED || inside(link.to) === "styles";

describe("imports", () => {
  const all = imports();

  it("go from app to features to client, ui and lib", () => {
    const wrong = all.filter((link) => {
      const allowed = ALLOWED[inside(link.from)];
      if (allowed === undefined || !local(link)) return false;
      if (inside(link.from) === "features" && inside(link.to) === "features") return false;
      return !allowed.includes(inside(link.to));
    });
    expect(wrong).toEqual([]);
  });

  it("never go from one feature to another", () => {
    const wrong = all.filter(
      (link) =>
        inside(link.from) === "features" &&
        inside(link.to) === "features" &&
        feature(link.from) !== feature(link.to),
    );
    expect(wrong).toEqual([]);
  });

  it("keep React out of client, media and lib", () => {
    const wrong = all.filter(
      (link) =>
        ["client", "media", "lib"].includes(inside(link.from)) &&
        /^(react|@mantine|@tanstack|wouter)/.test(link.to),
    );
    expect(wrong).toEqual([]);
  });

  it("use the React-free half of zustand in client and media", () => {
    const wrong = all.filter(
      (link) => ["client", "media"].includes(inside(link.from)) && link.to === "zustand",
    );
    expect(wrong).toEqual([]);
  });

  it("name the media client in one place only, which is loaded when a call begins", () => {
    const named = all.filter((link) => link.to === "livekit-client").map((link) => link.from);
    expect([...new Set(named)]).toEqual(["media/livekit.ts"]);
  });
});

describe("the house numbers", () => {
  it("hold for every file and component", () => {
    const long = [...sources(ROOT)]
      .filter((path) => !path.includes(".test."))
      .map((path) => ({ path: relative(ROOT, path), lines: readFileSync(path, "utf8").split("\n").length }))
      .filter(({ path, lines }) => lines > (path.endsWith(".tsx") ? 200 : 600));
    expect(long).toEqual([]);
  });
});
