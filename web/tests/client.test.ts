import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import { asSocketError, type ChannelHandlers } from "../src/client/connection";
import { createDrafts } from "../src/client/drafts";
import { ApiError } from "../src/client/error";
import { HIDDEN_AWAY_MS, IDLE_AWAY_MS, presenceAt } from "../src/client/presence";
import { createReadMarks } from "../src/client/readmarks";
import { createDeviceStorage } from "../src/client/storage";
import { createTyping, TYPING_FADES_MS } from "../src/client/typing";
import { bootstrap, message, page, room, settled, virtualTime } from "./make";

describe("socket errors", () => {
  it("carry the code that REST would", () => {
    expect(asSocketError({ code: 1011, message: "blocked_words" })).toMatchObject({
      code: "blocked_words",
      temporary: false,
    });
    expect(asSocketError({ code: 103, message: "permission denied" }).code).toBe("forbidden");
    expect(asSocketError({ code: 1014, message: "busy" }).temporary).toBe(true);
  });

  it("of the transport mean offline, and unknown ones a fault", () => {
    expect(asSocketError({ code: 2, message: "transport closed" }).code).toBe("offline");
    expect(asSocketError({ code: 4999, message: "new_thing" })).toMatchObject({
      code: "fault",
      temporary: true,
    });
  });
});

describe("read marks", () => {
  function world() {
    const time = virtualTime();
    const sent: [string, number, boolean][] = [];
    let fails = 0;
    const marks = createReadMarks({
      send: async (id, seq, rewind) => {
        if (fails > 0) {
          fails -= 1;
          throw new ApiError("offline");
        }
        sent.push([id, seq, rewind]);
        return { read_seq: seq, unread: 0, mentions: 0 };
      },
      onMark: () => undefined,
      later: time.later,
    });
    return {
      marks,
      time,
      sent,
      failNext: () => {
        fails += 1;
      },
    };
  }

  it("are sent once for many, the farthest", async () => {
    const { marks, time, sent } = world();
    marks.advance("r1", 3);
    marks.advance("r1", 7);
    marks.advance("r1", 5);
    await time.pass(1000);
    expect(sent).toEqual([["r1", 7, false]]);
  });

  it("are sent again after a failure, when the connection is back", async () => {
    const { marks, time, sent, failNext } = world();
    failNext();
    marks.advance("r1", 3);
    await time.pass(1000);
    expect(sent).toEqual([]);
    marks.flush();
    await settled();
    expect(sent).toEqual([["r1", 3, false]]);
  });

  it("go back only when asked, and forward again from there", async () => {
    const { marks, time, sent } = world();
    marks.advance("r1", 9);
    await time.pass(1000);
    marks.rewind("r1", 4);
    marks.advance("r1", 6);
    await time.pass(1000);
    expect(sent).toEqual([
      ["r1", 9, false],
      ["r1", 4, true],
      ["r1", 6, false],
    ]);
  });
});

describe("drafts", () => {
  function storage() {
    const kept = new Map<string, string>();
    return {
      kept,
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
  }

  it("survive a reload, per room", () => {
    const device = storage();
    createDrafts(device).set("r1", { text: "half a", reply_to: null });
    expect(createDrafts(device).store.getState().byRoom).toEqual({ r1: { text: "half a", reply_to: null } });
  });

  it("that are empty are none", () => {
    const drafts = createDrafts(storage());
    drafts.set("r1", { text: "a", reply_to: null });
    drafts.set("r1", { text: "  ", reply_to: null });
    expect(drafts.store.getState().byRoom).toEqual({});
  });

  it("that cannot be read are none", () => {
    const device = storage();
    device.setItem("plaza.drafts", "{broken");
    expect(createDrafts(device).store.getState().byRoom).toEqual({});
  });
});

describe("typing", () => {
  function world() {
    const time = virtualTime();
    const published: unknown[] = [];
    const channels: ChannelHandlers[] = [];
    const typing = createTyping({
      subscribe: (_channel, handlers) => {
        channels.push(handlers);
        return { publish: (data) => void published.push(data), close: () => undefined };
      },
      now: time.now,
      later: time.later,
    });
    typing.follow("r1");
    const who = () => Object.keys(typing.store.getState().until);
    return {
      typing,
      time,
      published,
      hear: (on: boolean, from: string) => channels.at(-1)?.onPublication({ on }, from),
      who,
    };
  }

  it("is told at most every three seconds, and its end once", async () => {
    const { typing, time, published } = world();
    typing.typed();
    typing.typed();
    await time.pass(3000);
    typing.typed();
    typing.rested();
    typing.rested();
    expect(published).toEqual([{ on: true }, { on: true }, { on: false }]);
  });

  it("of others is gone when the line is", () => {
    const { typing, hear, who } = world();
    hear(true, "ada");
    typing.cutOff();
    expect(who()).toEqual([]);
  });

  it("of others fades when it is not renewed", async () => {
    const { time, hear, who } = world();
    hear(true, "ada");
    await time.pass(TYPING_FADES_MS - 2000);
    hear(true, "bo");
    await time.pass(3000);
    expect(who()).toEqual(["bo"]);
    await time.pass(TYPING_FADES_MS);
    expect(who()).toEqual([]);
  });

  it("ends with the message, and with the room", () => {
    const { typing, hear, who } = world();
    hear(true, "ada");
    hear(true, "bo");
    typing.heard("ada");
    expect(who()).toEqual(["bo"]);
    typing.follow("r2");
    expect(who()).toEqual([]);
  });
});

describe("presence", () => {
  it("is away after five minutes without input, or one out of sight", () => {
    const state = { inputAt: 0, hiddenAt: null };
    expect(presenceAt(state, IDLE_AWAY_MS - 1)).toBe("active");
    expect(presenceAt(state, IDLE_AWAY_MS)).toBe("away");
    expect(presenceAt({ inputAt: 0, hiddenAt: 0 }, HIDDEN_AWAY_MS - 1)).toBe("active");
    expect(presenceAt({ inputAt: 0, hiddenAt: 0 }, HIDDEN_AWAY_MS)).toBe("away");
  });
});

describe("the device's storage", () => {
  it("gives back what was kept, and nothing after it was cleared", async () => {
    const storage = createDeviceStorage();
    await storage.keepBootstrap(bootstrap([room("r1")]));
    await storage.keepPage("r1", page([message(1)]));
    expect((await storage.bootstrap())?.rooms[0]?.id).toBe("r1");
    expect((await storage.page("r1"))?.events).toHaveLength(1);
    expect(await storage.page("r2")).toBeNull();
    await storage.clear();
    expect(await storage.bootstrap()).toBeNull();
    expect(await storage.page("r1")).toBeNull();
  });
});
