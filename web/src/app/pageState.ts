// The page's title: how much waits, without opening the window. Pure.
import type { Totals } from "../client/rooms";

/** "(2) drive-train, Harbour Robotics": a number for what calls me, a dot for the rest. */
export function titleOf(place: string, room: string, totals: Totals): string {
  const name = [room, place].filter((part) => part !== "").join(", ") || "Plaza";
  if (totals.mentions > 0) return `(${totals.mentions > 99 ? "99+" : totals.mentions}) ${name}`;
  return totals.unread > 0 ? `• ${name}` : name;
}
