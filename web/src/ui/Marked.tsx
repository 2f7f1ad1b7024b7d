import type { Range } from "../lib/match";
import styles from "./Marked.module.css";

export interface MarkedProps {
  text: string;
  ranges: readonly Range[];
  /** `ink` colours what matched, `ground` paints behind it. */
  tone?: "ink" | "ground";
}

/** A line of text in which what was looked for is marked. Ranges are in order and apart, as `merged` leaves them. */
export function Marked({ text, ranges, tone = "ink" }: MarkedProps) {
  const pieces = ranges.flatMap(([start, end], at) => [
    { key: `t${start}`, hit: false, text: text.slice(ranges[at - 1]?.[1] ?? 0, start) },
    { key: `h${start}`, hit: true, text: text.slice(start, end) },
  ]);
  return (
    <>
      {pieces.map((piece) =>
        piece.hit ? (
          <mark key={piece.key} className={styles[tone]}>
            {piece.text}
          </mark>
        ) : (
          piece.text
        ),
      )}
      {text.slice(ranges.at(-1)?.[1] ?? 0)}
    </>
  );
}
