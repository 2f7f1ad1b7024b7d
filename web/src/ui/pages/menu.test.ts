import { describe, expect, it } from "vitest";
import { type Entry, findEntries } from "./menu";

const entries: Entry[] = [
  { page: "profile", id: "handle", label: "Name to sign in with", note: "Letters, digits, dots." },
  { page: "password", id: "password", label: "Password", note: "Ends the other sessions." },
  { page: "sessions", id: "sessions", label: "Sessions", note: "Where you are signed in." },
];
const found = (query: string) => findEntries(query, entries).map((entry) => entry.id);

describe("the search field over the settings", () => {
  it("finds a setting by its name, with a typo too", () => {
    expect(found("pasword")).toEqual(["password"]);
  });

  it("finds by the sentence after the names", () => {
    expect(found("sessions")).toEqual(["sessions", "password"]);
  });

  it("finds nothing for words that no setting has", () => {
    expect(found("camera")).toEqual([]);
  });
});
