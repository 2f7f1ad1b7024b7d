// Keeps what is on screen where it is while rows come, go and change their size around it: older pages above, pictures
// that get their height, a keyboard that rises. Reads and writes the scroller only; what the rows mean it does not know.

const END_PX = 60;
/** Less than this is rounding, not movement. */
const MOVED_PX = 0.5;

interface Mark {
  key: string;
  /** From the upper edge of the scroller to the upper edge of the row, in px. */
  offset: number;
}

export interface ScrollKeeper {
  isAtEnd(): boolean;
  /** Notes the rows in sight; `follows` when the end is to stay in sight while rows come below. */
  note(follows: boolean): void;
  /** Puts the noted rows back where they were seen, or the end to the end. */
  hold(): void;
  toEnd(): void;
  /** False when there is no such row. */
  toRow(index: number, align: "start" | "center"): boolean;
  /** Puts a row at a known place. False when there is no such row. */
  toMark(mark: Mark): boolean;
  /** The rows in sight: the first that shows, and the last that shows whole or fills the view. */
  inSight(): { first: number; last: number; mark: Mark | null };
  /** The px between the view and either end of the rows. */
  room(): { above: number; below: number };
}

/**
 * `list` holds one child per row, each with its key in `data-key`. A row with `data-floats` keeps its key while its place
 * among the others changes (a day's mark climbs when older messages of that day come): nothing is held by it.
 */
export function createScrollKeeper(scroller: HTMLElement, list: HTMLElement): ScrollKeeper {
  let marks: Mark[] = [];
  let following = false;
  const edge = () => scroller.getBoundingClientRect().top;
  const child = (index: number) => list.children[index] as HTMLElement | undefined;
  const keyOf = (row: HTMLElement) => row.dataset.key ?? "";
  const floats = (row: HTMLElement) => row.dataset.floats !== undefined;
  const byKey = (key: string) => list.querySelector<HTMLElement>(`:scope > [data-key="${CSS.escape(key)}"]`);
  const below = () => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
  const move = (px: number) => {
    if (Math.abs(px) >= MOVED_PX) scroller.scrollTop += px;
  };

  /** The first row whose lower edge lies below `y`; rows stand in order, so half of them are left out each time. */
  function firstBelow(y: number): number {
    let low = 0;
    let high = list.children.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((child(middle)?.getBoundingClientRect().bottom ?? 0) > y) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  function marksInSight(): Mark[] {
    const top = edge();
    const bottom = top + scroller.clientHeight;
    const found: Mark[] = [];
    for (let index = firstBelow(top + 1); ; index += 1) {
      const row = child(index);
      const at = row?.getBoundingClientRect().top ?? Number.POSITIVE_INFINITY;
      if (row === undefined || at >= bottom) return found;
      if (!floats(row)) found.push({ key: keyOf(row), offset: at - top });
    }
  }

  function toMark({ key, offset }: Mark): boolean {
    const row = byKey(key);
    if (row === null) return false;
    move(row.getBoundingClientRect().top - edge() - offset);
    return true;
  }

  /** Put there on purpose: from now on this is what holds. */
  function put(mark: Mark): boolean {
    if (!toMark(mark)) return false;
    following = false;
    marks = [mark];
    return true;
  }

  return {
    isAtEnd: () => below() <= END_PX,
    note(follows) {
      following = follows;
      marks = marksInSight();
    },
    hold() {
      if (following) scroller.scrollTop = scroller.scrollHeight;
      else marks.some(toMark);
    },
    toEnd() {
      following = true;
      scroller.scrollTop = scroller.scrollHeight;
    },
    toRow(index, align) {
      const row = child(index);
      if (row === undefined) return false;
      const { height } = row.getBoundingClientRect();
      const gap = align === "start" ? 0 : Math.max(0, (scroller.clientHeight - height) / 2);
      return put({ key: keyOf(row), offset: gap });
    },
    toMark: put,
    inSight() {
      const top = edge();
      const first = firstBelow(top + 4);
      const last = firstBelow(top + scroller.clientHeight + 8) - 1;
      return { first, last, mark: marksInSight()[0] ?? null };
    },
    room: () => ({ above: scroller.scrollTop, below: below() }),
  };
}
