import { describe, expect, it } from "vitest";
import type { ChannelHandlers, StreamPosition } from "../src/client/connection";
import { ApiError } from "../src/client/error";
import { createTimelines, type PageQuery, ROOMS_HELD_MAX } from "../src/client/timelines";
import type { EventPage } from "../src/client/types";
import { message, page, settled } from "./make";

function world() {
  const asked: { room: string; query: PageQuery }[] = [];
  const channels = new Map<string, { handlers: ChannelHandlers; since: StreamPosition | undefined }>();
  const cached = new Map<string, EventPage>();
  const answers: (EventPage | Error)[] = [];
  const timelines = createTimelines({
    events: async (room, query) => {
      asked.push({ room, query });
      const answer = answers.shift() ?? page([message(1)]);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    subscribe: (channel, handlers, since) => {
      channels.set(channel, { handlers, since });
      return { publish: () => undefined, close: () => void channels.delete(channel) };
    },
    cached: async (room) => cached.get(room) ?? null,
    onNewest: () => undefined,
    onEvent: () => undefined,
  });
  const seqs = (room: string) => timelines.store.getState().byRoom[room]?.lines.map((line) => line.seq);
  const handlers = (room: string) => {
    const channel = channels.get(`room:${room}`);
    if (channel === undefined) throw new Error(`nobody follows ${room}`);
    return channel.handlers;
  };
  return { timelines, asked, channels, cached, answers, seqs, handlers };
}

describe("opening a room", () => {
  it("reads its newest page and follows its stream", async () => {
    const { timelines, answers, seqs, handlers } = world();
    answers.push(page([message(4), message(5)]));
    await timelines.open("r1");
    expect(seqs("r1")).toEqual([4, 5]);
    handlers("r1").onPublication(message(6), null);
    expect(seqs("r1")).toEqual([4, 5, 6]);
  });

  it("paints what the device kept, and asks the stream for what came since", async () => {
    const { timelines, cached, asked, channels, seqs, handlers } = world();
    cached.set("r1", page([message(4)]));
    await timelines.open("r1");
    expect(seqs("r1")).toEqual([4]);
    expect(asked).toEqual([]);
    expect(channels.get("room:r1")?.since).toEqual({ offset: 4, epoch: "e1" });
    handlers("r1").onSubscribed?.({ recovered: true, lost: false, position: { offset: 5, epoch: "e1" } });
    handlers("r1").onPublication(message(5), null);
    expect(seqs("r1")).toEqual([4, 5]);
    expect(asked).toEqual([]);
  });

  it("drops what the device kept when the stream cannot be recovered", async () => {
    const { timelines, cached, answers, seqs, handlers } = world();
    cached.set("r1", page([message(4)]));
    await timelines.open("r1");
    answers.push(page([message(90)]));
    handlers("r1").onSubscribed?.({ recovered: false, lost: true, position: { offset: 90, epoch: "e1" } });
    await settled();
    expect(seqs("r1")).toEqual([90]);
  });

  it("starts over when the epoch is another one", async () => {
    const { timelines, answers, seqs, handlers } = world();
    answers.push(page([message(4)]), page([message(2)], { epoch: "e2" }));
    await timelines.open("r1");
    handlers("r1").onSubscribed?.({ recovered: false, lost: false, position: { offset: 2, epoch: "e2" } });
    await settled();
    expect(seqs("r1")).toEqual([2]);
  });

  it("reads anew when an event is missing", async () => {
    const { timelines, answers, seqs, handlers } = world();
    answers.push(page([message(4)]), page([message(4), message(5), message(6)]));
    await timelines.open("r1");
    handlers("r1").onPublication(message(6), null);
    await settled();
    expect(seqs("r1")).toEqual([4, 5, 6]);
  });

  it("tells why it failed, and tries again when asked", async () => {
    const { timelines, answers, seqs } = world();
    answers.push(new ApiError("forbidden"));
    await timelines.open("r1");
    expect(timelines.store.getState().errors.r1).toBe("forbidden");
    answers.push(page([message(1)]));
    await timelines.open("r1");
    expect(timelines.store.getState().errors.r1).toBeUndefined();
    expect(seqs("r1")).toEqual([1]);
  });

  it("at a message that is not held reads around it", async () => {
    const { timelines, answers, asked, seqs } = world();
    answers.push(page([message(90)], { has_before: true }), page([message(3)], { seq: 90, has_after: true }));
    await timelines.open("r1");
    await timelines.open("r1", 3);
    expect(asked.at(-1)?.query.around).toBe(3);
    expect(seqs("r1")).toEqual([3]);
  });
});

describe("the rooms held", () => {
  it("are the ten visited last; the others are not followed any more", async () => {
    const { timelines, channels } = world();
    for (let index = 0; index <= ROOMS_HELD_MAX; index += 1) await timelines.open(`r${index}`);
    expect(Object.keys(timelines.store.getState().byRoom)).toHaveLength(ROOMS_HELD_MAX);
    expect(channels.has("room:r0")).toBe(false);
    expect(channels.has("room:r1")).toBe(true);
  });
});

describe("history", () => {
  it("is read once, however often its edge is reached", async () => {
    const { timelines, answers, asked, seqs } = world();
    answers.push(page([message(9)], { has_before: true }), page([message(8)]));
    await timelines.open("r1");
    await Promise.all([timelines.loadBefore("r1"), timelines.loadBefore("r1")]);
    expect(seqs("r1")).toEqual([8, 9]);
    await timelines.loadBefore("r1");
    expect(asked).toHaveLength(2);
  });
});

describe("painting ahead of the server", () => {
  it("shows the change and takes it back", async () => {
    const { timelines, answers } = world();
    answers.push(page([message(4)]));
    await timelines.open("r1");
    const text = () => {
      const line = timelines.store.getState().byRoom.r1?.lines[0];
      return line?.kind === "message" ? [line.deleted, line.text] : null;
    };
    const undo = timelines.paint("r1", { kind: "deleted", seq: 0, at: 0, author: "me", target: 4 });
    expect(text()).toEqual([true, ""]);
    undo();
    expect(text()).toEqual([false, "message 4"]);
  });
});
