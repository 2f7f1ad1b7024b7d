// The mark as numbers and as a file: four tiles around an open square that may carry a state. Pure.

/** What stands in the open square. */
export type MarkState = "quiet" | "mention" | "call";

/** x, y, width, height on the 16 grid: whole pixels at 16 px. */
export const TILES: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 16, 4],
  [0, 5, 4, 11],
  [12, 5, 4, 4],
  [5, 12, 11, 4],
];
export const SQUARE: readonly [number, number, number, number] = [6, 6, 4, 4];

interface Inks {
  ink: string;
  square: string;
}

/** The page icon cannot read the page's tokens, so it names the colours of `tokens.css` itself. */
const LIGHT: Record<MarkState, Inks> = {
  quiet: { ink: "#C2481F", square: "none" },
  mention: { ink: "#1F1B17", square: "#C2481F" },
  call: { ink: "#1F1B17", square: "#276B44" },
};
const DARK: Record<MarkState, Inks> = {
  quiet: { ink: "#F08A63", square: "none" },
  mention: { ink: "#EDE8E1", square: "#F08A63" },
  call: { ink: "#EDE8E1", square: "#72C093" },
};

const rect = ([x, y, w, h]: readonly [number, number, number, number], name: string) =>
  `<rect class="${name}" x="${x}" y="${y}" width="${w}" height="${h}" rx="1"/>`;
const rules = ({ ink, square }: Inks) => `.t{fill:${ink}}.s{fill:${square}}`;

/** The whole drawing as a file; follows the browser's own light or dark, which is what a tab strip has. */
export function markSvg(state: MarkState): string {
  const style = `${rules(LIGHT[state])}@media(prefers-color-scheme:dark){${rules(DARK[state])}}`;
  const tiles = TILES.map((tile) => rect(tile, "t")).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><style>${style}</style>${tiles}${rect(SQUARE, "s")}</svg>`;
}

/** The address of the page icon for a state: put it in the `href` of `<link rel="icon">`. */
export function faviconHref(state: MarkState): string {
  return `data:image/svg+xml,${encodeURIComponent(markSvg(state))}`;
}
