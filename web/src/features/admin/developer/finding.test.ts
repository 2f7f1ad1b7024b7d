import { describe, expect, it } from "vitest";
import type { LiveConnection } from "../../../client/developer";
import { askedUser, findConnections } from "./finding";

const people = { u1: { id: "u1", name: "lin.xiaoman", display_name: "林小满" } };
const connection = (client: string, user: string, ...subscriptions: string[]): LiveConnection => ({
  client,
  user,
  dialect: "centrifugo",
  transport: "websocket",
  address: "127.0.0.1",
  connected_at: 1,
  subscriptions,
  subscription_count: subscriptions.length,
  unsent_bytes: 0,
});
const all = [connection("c1", "u1", "news"), connection("c2", "alice", "chat:1"), connection("c3", "")];
const found = (user: string, channel: string, exact: LiveConnection[] = []) =>
  findConnections(exact, all, { user, channel }, people).map(({ client }) => client);

describe("looking for connections", () => {
  it("asks the server for a person by handle or shown name, and for anybody else as typed", () => {
    expect(["@Lin.Xiaoman", "林小满", " alice ", ""].map((text) => askedUser(text, people))).toEqual([
      "u1",
      "u1",
      "alice",
      "",
    ]);
  });

  it("finds parts of names, of channels, and of the connection's own id", () => {
    expect(found("ali", "")).toEqual(["c2"]);
    expect(found("小满", "")).toEqual(["c1"]);
    expect(found("c3", "")).toEqual(["c3"]);
    expect(found("", "chat")).toEqual(["c2"]);
    expect(found("ali", "news")).toEqual([]);
  });

  it("shows what the server found first, and nothing twice", () => {
    const beyond = connection("c9", "alice");
    expect(found("alice", "", [beyond])).toEqual(["c9", "c2"]);
    expect(found("alice", "", [all[1] as LiveConnection])).toEqual(["c2"]);
  });
});
