// How far I have read: painted at once, told to the server in a calm rhythm, told again after a failure.
import type { ReadMark, RoomId, Seq } from "./types";

export interface ReadMarksWorld {
  send(room: RoomId, seq: Seq, rewind: boolean): Promise<ReadMark>;
  onMark(room: RoomId, mark: ReadMark): void;
  later(work: () => void, ms: number): () => void;
}

export interface ReadMarks {
  /** Read up to here. Smaller seqs than told before are ignored. */
  advance(room: RoomId, seq: Seq): void;
  /** "Mark unread from here": the mark goes back. */
  rewind(room: RoomId, seq: Seq): void;
  /** Sends what a broken connection held back. */
  flush(): void;
  stop(): void;
}

const SEND_AFTER_MS = 300;

export function createReadMarks(world: ReadMarksWorld): ReadMarks {
  const told = new Map<RoomId, Seq>();
  const waiting = new Map<RoomId, Seq>();
  let cancel: (() => void) | null = null;

  function flush(): void {
    cancel?.();
    cancel = null;
    for (const [room, seq] of waiting) {
      waiting.delete(room);
      world.send(room, seq, false).then(
        (mark) => world.onMark(room, mark),
        () => {
          if ((waiting.get(room) ?? 0) < seq && told.get(room) === seq) waiting.set(room, seq);
        },
      );
    }
  }

  return {
    advance(room, seq) {
      if (seq <= (told.get(room) ?? 0)) return;
      told.set(room, seq);
      waiting.set(room, seq);
      cancel ??= world.later(flush, SEND_AFTER_MS);
    },
    rewind(room, seq) {
      waiting.delete(room);
      told.set(room, seq);
      world.send(room, seq, true).then(
        (mark) => world.onMark(room, mark),
        () => undefined,
      );
    },
    flush,
    stop() {
      cancel?.();
      cancel = null;
      waiting.clear();
      told.clear();
    },
  };
}
