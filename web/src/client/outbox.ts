// Posts that wait for the server: kept on the device, in order per room, sent again until acknowledged or refused.
import { createStore, type StoreApi } from "zustand/vanilla";
import { asApiError } from "./error";
import type { ErrorCode, FileInfo, MessageEvent, PostDraft, ReplyTo, RoomId, TimeMs } from "./types";

export interface OutboxItem {
  client_id: string;
  room: RoomId;
  text: string;
  reply_to: ReplyTo | null;
  files: FileInfo[];
  at: TimeMs;
  /** Larger is later; ties never happen on one device. */
  order: number;
  state: "waiting" | "sending" | "failed";
  /** Why it failed for good; null while it is still tried. */
  reason: ErrorCode | null;
}

/** Where items survive a reload. */
export interface OutboxStorage {
  all(): Promise<OutboxItem[]>;
  put(item: OutboxItem): Promise<void>;
  remove(clientId: string): Promise<void>;
}

export interface OutboxWorld {
  send(room: RoomId, draft: PostDraft): Promise<MessageEvent>;
  /** Called once per item, when the server has it. */
  onPosted(item: OutboxItem, event: MessageEvent): void;
  storage: OutboxStorage;
  now(): TimeMs;
  newId(): string;
  /** Runs `work` after `ms`; the answer cancels. */
  later(work: () => void, ms: number): () => void;
}

export interface OutboxState {
  items: OutboxItem[];
}

const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 15_000;

export function backoffMs(tries: number, retryAfterMs: number | null): number {
  return Math.max(retryAfterMs ?? 0, Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(tries, 10)));
}

export interface Outbox {
  store: StoreApi<OutboxState>;
  /** Reads what an earlier page left. */
  load(): Promise<void>;
  add(room: RoomId, about: { text: string; reply_to: ReplyTo | null; files: FileInfo[] }): OutboxItem;
  retry(clientId: string): void;
  discard(clientId: string): void;
  setOnline(online: boolean): void;
  /** The room's stream showed this post: it need not be sent again. */
  settle(clientId: string): void;
  stop(): void;
}

export function createOutbox(world: OutboxWorld): Outbox {
  const store = createStore<OutboxState>(() => ({ items: [] }));
  const tries = new Map<RoomId, number>();
  const timers = new Map<RoomId, () => void>();
  const busy = new Set<RoomId>();
  let online = false;
  let stopped = false;
  let lastOrder = 0;

  const items = () => store.getState().items;
  const find = (id: string) => items().find((item) => item.client_id === id);
  const replace = (id: string, change: Partial<OutboxItem>) => {
    store.setState({ items: items().map((item) => (item.client_id === id ? { ...item, ...change } : item)) });
    const item = find(id);
    // `sending` is a matter of this page: what is stored waits.
    if (item) void world.storage.put({ ...item, state: item.state === "sending" ? "waiting" : item.state });
  };
  const drop = (id: string) => {
    store.setState({ items: items().filter((item) => item.client_id !== id) });
    void world.storage.remove(id);
  };

  const wait = (room: RoomId, ms: number) => {
    timers.get(room)?.();
    timers.set(
      room,
      world.later(() => {
        timers.delete(room);
        void pump(room);
      }, ms),
    );
  };

  async function pump(room: RoomId): Promise<void> {
    if (busy.has(room) || !online || stopped || timers.has(room)) return;
    const item = items().find((candidate) => candidate.room === room && candidate.state !== "failed");
    if (item === undefined) return;
    busy.add(room);
    replace(item.client_id, { state: "sending" });
    try {
      const event = await world.send(room, {
        text: item.text,
        client_id: item.client_id,
        reply_to: item.reply_to?.seq,
        files: item.files.length > 0 ? item.files.map((file) => file.id) : undefined,
      });
      tries.delete(room);
      world.onPosted(item, event);
      drop(item.client_id);
    } catch (thrown) {
      const error = asApiError(thrown);
      if (error.temporary || error.code === "unauthenticated") {
        if (find(item.client_id)) replace(item.client_id, { state: "waiting" });
        const count = tries.get(room) ?? 0;
        tries.set(room, count + 1);
        wait(room, backoffMs(count, error.retryAfterMs));
      } else if (find(item.client_id)) {
        replace(item.client_id, { state: "failed", reason: error.code });
      }
    } finally {
      busy.delete(room);
    }
    await pump(room);
  }

  const pumpAll = () => {
    for (const room of new Set(items().map((item) => item.room))) void pump(room);
  };

  return {
    store,
    async load() {
      const kept = await world.storage.all();
      const held = new Set(items().map((item) => item.client_id));
      const all = [...kept.filter((item) => !held.has(item.client_id)), ...items()];
      all.sort((a, b) => a.order - b.order);
      lastOrder = Math.max(lastOrder, ...all.map((item) => item.order));
      store.setState({ items: all });
      pumpAll();
    },
    add(room, about) {
      const at = world.now();
      lastOrder = Math.max(lastOrder + 1, at);
      const item: OutboxItem = {
        ...about,
        room,
        at,
        client_id: world.newId(),
        order: lastOrder,
        state: "waiting",
        reason: null,
      };
      store.setState({ items: [...items(), item] });
      void world.storage.put(item).then(() => pump(room));
      return item;
    },
    retry(id) {
      const item = find(id);
      if (item === undefined) return;
      replace(id, { state: "waiting", reason: null });
      void pump(item.room);
    },
    discard: drop,
    settle(id) {
      if (find(id)?.state === "waiting") drop(id);
    },
    setOnline(value) {
      online = value;
      if (!online) return;
      for (const cancel of timers.values()) cancel();
      timers.clear();
      tries.clear();
      pumpAll();
    },
    stop() {
      stopped = true;
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}
