// What the device keeps between page loads, in IndexedDB: bootstrap, newest pages, outbox. Without IndexedDB
// (private windows of some browsers) nothing is kept and nothing fails.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { OutboxItem, OutboxStorage } from "./outbox";
import type { Bootstrap, EventPage, RoomId } from "./types";

interface Schema extends DBSchema {
  bootstrap: { key: string; value: Bootstrap };
  pages: { key: RoomId; value: { room: RoomId; at: number; page: EventPage } };
  outbox: { key: string; value: OutboxItem };
}

export interface DeviceStorage {
  bootstrap(): Promise<Bootstrap | null>;
  keepBootstrap(data: Bootstrap): Promise<void>;
  page(room: RoomId): Promise<EventPage | null>;
  keepPage(room: RoomId, page: EventPage): Promise<void>;
  dropPage(room: RoomId): Promise<void>;
  outbox: OutboxStorage;
  /** Empties what was read from the server; what waits to be sent stays. */
  forgetRead(): Promise<void>;
  /** Empties everything: another person logs in, or this one left. */
  clear(): Promise<void>;
}

const NAME = "plaza";
const VERSION = 1;
const KEY = "newest";

async function open(): Promise<IDBPDatabase<Schema> | null> {
  try {
    return await openDB<Schema>(NAME, VERSION, {
      upgrade(database) {
        database.createObjectStore("bootstrap");
        database.createObjectStore("pages", { keyPath: "room" });
        database.createObjectStore("outbox", { keyPath: "client_id" });
      },
    });
  } catch {
    return null;
  }
}

export function createDeviceStorage(): DeviceStorage {
  const ready = open();
  /** Storage is a convenience: a failing one is the same as an empty one. */
  async function attempt<T>(work: (database: IDBPDatabase<Schema>) => Promise<T>, otherwise: T): Promise<T> {
    const database = await ready;
    if (database === null) return otherwise;
    return work(database).catch(() => otherwise);
  }
  return {
    bootstrap: () => attempt(async (db) => (await db.get("bootstrap", KEY)) ?? null, null),
    keepBootstrap: (data) => attempt(async (db) => void (await db.put("bootstrap", data, KEY)), undefined),
    page: (room) => attempt(async (db) => (await db.get("pages", room))?.page ?? null, null),
    keepPage: (room, page) =>
      attempt(async (db) => void (await db.put("pages", { room, at: Date.now(), page })), undefined),
    dropPage: (room) => attempt((db) => db.delete("pages", room), undefined),
    outbox: {
      all: () => attempt<OutboxItem[]>((db) => db.getAll("outbox"), []),
      put: (item) => attempt(async (db) => void (await db.put("outbox", item)), undefined),
      remove: (id) => attempt((db) => db.delete("outbox", id), undefined),
    },
    forgetRead: () =>
      attempt(async (db) => {
        await Promise.all([db.clear("bootstrap"), db.clear("pages")]);
      }, undefined),
    clear: () =>
      attempt(async (db) => {
        await Promise.all([db.clear("bootstrap"), db.clear("pages"), db.clear("outbox")]);
      }, undefined),
  };
}
