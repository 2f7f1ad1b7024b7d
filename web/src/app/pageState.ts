// The page's title and icon: how much waits, without opening the window. Pure.
import type { Totals } from "../client/rooms";

/** "(2) drive-train, Harbour Robotics": a number for what calls me, a dot for the rest. */
export function titleOf(place: string, room: string, totals: Totals): string {
  const name = [room, place].filter((part) => part !== "").join(", ") || "Plaza";
  if (totals.mentions > 0) return `(${totals.mentions > 99 ? "99+" : totals.mentions}) ${name}`;
  return totals.unread > 0 ? `• ${name}` : name;
}

const TILES = `<rect width="16" height="4" rx="1"/><rect y="5" width="4" height="11" rx="1"/><rect x="12" y="5" width="4" height="4" rx="1"/><rect x="5" y="12" width="11" height="4" rx="1"/>`;

/** The mark; the open square is filled when somebody calls. */
export function iconOf(totals: Totals): string {
  if (totals.mentions === 0) return "/mark.svg";
  const square = `<rect x="6" y="6" width="4" height="4" rx="1" fill="#C2481F"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><style>g{fill:#1F1B17}@media(prefers-color-scheme:dark){g{fill:#EDE8E1}}</style><g>${TILES}</g>${square}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
