import { describe, expect, it } from "vitest";
import { ApiError } from "../src/client/error";
import { backoffMs, createOutbox, type OutboxItem, type OutboxStorage } from "../src/client/outbox";
import type { ErrorCode, PostDraft } from "../src/client/types";
import { message, settled, virtualTime } from "./make";

function storageOf(kept = new Map<string, OutboxItem>()): OutboxStorage & { kept: Map<string, OutboxItem> } {
  return {
    kept,
    all: async () => [...kept.values()],
    put: async (item) => void kept.set(item.client_id, item),
    remove: async (id) => void kept.delete(id),
  };
}

function world(storage = storageOf()) {
  const time = virtualTime();
  const sent: PostDraft[] = [];
  const answers: (ErrorCode | "ok" | "hang")[] = [];
  const posted: string[] = [];
  let ids = 0;
  const outbox = createOutbox({
    send: async (_room, draft) => {
      sent.push(draft);
      const answer = answers.shift() ?? "ok";
      if (answer === "hang") return new Promise(() => undefined);
      if (answer !== "ok") throw new ApiError(answer);
      return message(sent.length, { client_id: draft.client_id, text: draft.text });
    },
    onPosted: (item) => posted.push(item.text),
    storage,
    now: time.now,
    later: time.later,
    newId: () => {
      ids += 1;
      return `id${storage.kept.size}-${ids}`;
    },
  });
  const add = (text: string, room = "r1") => outbox.add(room, { text, reply_to: null, files: [] });
  const states = () => outbox.store.getState().items.map((item) => [item.text, item.state, item.reason]);
  return { outbox, time, sent, answers, posted, add, states, storage };
}

describe("the outbox", () => {
  it("sends in order, one at a time, and forgets what is acknowledged", async () => {
    const { outbox, add, sent, posted, states, storage } = world();
    outbox.setOnline(true);
    add("one");
    add("two");
    add("three");
    await settled();
    expect(sent.map((draft) => draft.text)).toEqual(["one", "two", "three"]);
    expect(posted).toEqual(["one", "two", "three"]);
    expect(states()).toEqual([]);
    expect(storage.kept.size).toBe(0);
  });

  it("does not send the second before the first is answered", async () => {
    const { outbox, add, sent, answers } = world();
    answers.push("hang");
    outbox.setOnline(true);
    add("one");
    add("two");
    await settled();
    expect(sent.map((draft) => draft.text)).toEqual(["one"]);
  });

  it("holds everything while offline", async () => {
    const { outbox, add, sent } = world();
    add("one");
    await settled();
    expect(sent).toEqual([]);
    outbox.setOnline(true);
    await settled();
    expect(sent.map((draft) => draft.text)).toEqual(["one"]);
  });

  it("tries a busy server again with the same id, later ones waiting behind", async () => {
    const { outbox, add, sent, answers, time } = world();
    answers.push("busy", "fault");
    outbox.setOnline(true);
    add("one");
    add("two");
    await settled();
    expect(sent).toHaveLength(1);
    await time.pass(backoffMs(0, null));
    expect(sent).toHaveLength(2);
    await time.pass(backoffMs(1, null));
    expect(sent.map((draft) => draft.text)).toEqual(["one", "one", "one", "two"]);
    expect(new Set(sent.slice(0, 3).map((draft) => draft.client_id)).size).toBe(1);
  });

  it("sets a refused post aside with its reason and goes on with the next", async () => {
    const { outbox, add, answers, posted, states, storage } = world();
    answers.push("blocked_words");
    outbox.setOnline(true);
    add("bad word");
    add("fine");
    await settled();
    expect(posted).toEqual(["fine"]);
    expect(states()).toEqual([["bad word", "failed", "blocked_words"]]);
    expect([...storage.kept.values()][0]?.state).toBe("failed");
  });

  it("sends a refused post again when asked, and drops it when told to", async () => {
    const { outbox, add, answers, posted, states } = world();
    answers.push("room_archived", "room_archived");
    outbox.setOnline(true);
    const item = add("one");
    await settled();
    outbox.retry(item.client_id);
    await settled();
    expect(states()).toEqual([["one", "failed", "room_archived"]]);
    outbox.retry(item.client_id);
    await settled();
    expect(posted).toEqual(["one"]);
    answers.push("forbidden");
    const other = add("two");
    await settled();
    outbox.discard(other.client_id);
    expect(states()).toEqual([]);
  });

  it("does not let one room wait for another", async () => {
    const { outbox, add, answers, posted } = world();
    answers.push("hang");
    outbox.setOnline(true);
    add("stuck", "r1");
    await settled();
    add("free", "r2");
    await settled();
    expect(posted).toEqual(["free"]);
  });

  it("survives a reload in order, and what was being sent is sent again under its id", async () => {
    const before = world();
    before.answers.push("hang");
    before.outbox.setOnline(true);
    const first = before.add("one");
    before.add("two");
    await settled();
    expect(before.storage.kept.get(first.client_id)?.state).toBe("waiting");

    const after = world(storageOf(before.storage.kept));
    after.outbox.setOnline(true);
    await after.outbox.load();
    await settled();
    expect(after.sent.map((draft) => draft.text)).toEqual(["one", "two"]);
    expect(after.sent[0]?.client_id).toBe(first.client_id);
  });

  it("does not send what the room's stream has shown already", async () => {
    const { outbox, add, sent, answers, time } = world();
    answers.push("offline");
    outbox.setOnline(true);
    const item = add("one");
    await settled();
    outbox.settle(item.client_id);
    await time.pass(60_000);
    expect(sent).toHaveLength(1);
    expect(outbox.store.getState().items).toEqual([]);
  });

  it("waits as long as the server asks, and never longer than its own limit otherwise", () => {
    expect(backoffMs(0, 4000)).toBe(4000);
    expect(backoffMs(0, null)).toBeLessThan(backoffMs(3, null));
    expect(backoffMs(50, null)).toBe(15_000);
  });
});
