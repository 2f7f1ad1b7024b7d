import { describe, expect, it } from "vitest";
import { givable, invitable, mayOpen, PAGES, standsAbove } from "./rights";

describe("the pages of the administration", () => {
  it("are all open to administrators and owners, and to moderators only the word filter", () => {
    expect(PAGES.filter((page) => mayOpen("admin", page))).toEqual(PAGES);
    expect(PAGES.filter((page) => mayOpen("moderator", page))).toEqual(["filter"]);
    expect(PAGES.filter((page) => mayOpen("member", page))).toEqual([]);
  });
});

describe("a role", () => {
  it("is given only from above", () => {
    expect(givable("admin")).toEqual(["moderator", "member", "guest"]);
    expect(givable("owner")).toContain("owner");
    expect(givable("moderator")).toEqual([]);
  });

  it("of an invitation is never above one's own", () => {
    expect(invitable("moderator")).toEqual(["moderator", "member", "guest"]);
    expect(invitable("owner")).not.toContain("owner");
  });

  it("protects those of the same height, except from owners", () => {
    expect(standsAbove("admin", "admin")).toBe(false);
    expect(standsAbove("owner", "admin")).toBe(true);
    expect(standsAbove("admin", "member")).toBe(true);
  });
});
