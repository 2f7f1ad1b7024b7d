import { describe, expect, it } from "vitest";
import { mayHost, mayKeep, mayLeave, mayModerate } from "../src/client/rights";
import type { Role } from "../src/client/types";
import { person } from "./make";

const ROLES: Role[] = ["guest", "member", "moderator", "admin", "owner"];
const those = (may: (role: Role) => boolean) => ROLES.filter(may);

describe("what a role may do in rooms", () => {
  it("is nothing that makes or invites for guests, and for nobody", () => {
    expect(those((role) => mayHost(person("u1", { role })))).toEqual(ROLES.slice(1));
    expect(mayHost(null)).toBe(false);
  });

  it("is leaving rooms, but not the last one of a guest", () => {
    expect(those((role) => mayLeave(person("u1", { role }), 1))).toEqual(ROLES.slice(1));
    expect(those((role) => mayLeave(person("u1", { role }), 2))).toEqual(ROLES);
  });

  it("is keeping order from moderators on", () => {
    expect(those((role) => mayModerate(person("u1", { role })))).toEqual(ROLES.slice(2));
  });

  it("is renaming and archiving for administrators and the maker, but for no guest", () => {
    expect(those((role) => mayKeep(person("u1", { role }), "u2"))).toEqual(["admin", "owner"]);
    expect(those((role) => mayKeep(person("u1", { role }), "u1"))).toEqual(ROLES.slice(1));
    expect(mayKeep(person("u1"), null)).toBe(false);
  });
});
