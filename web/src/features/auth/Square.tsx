import { Face, Tile } from "../../ui/Face";
import styles from "./Square.module.css";

/** Left, top and hue of each tile: together they are the mark, 376 units wide. */
const TILES: readonly (readonly [left: number, top: number, hue: number])[] = [
  [0, 0, 1],
  [96, 0, 1],
  [192, 0, 1],
  [288, 0, 1],
  [0, 100, 7],
  [0, 194, 7],
  [0, 288, 7],
  [288, 100, 2],
  [100, 288, 5],
  [194, 288, 5],
  [288, 288, 5],
];

/** Somebody with an id, or somebody who is still typing their name: their tile is not painted yet. */
export type Middle = { id: string; avatar: string | null } | { unnamed: string };

/** Faces standing around the open square, drawing the mark; one's own in the middle. Decorative. */
export function Square({ middle }: { middle: Middle | null }) {
  return (
    <div className={styles.square} aria-hidden="true">
      {TILES.map(([left, top, hue]) => (
        <span key={`${left} ${top}`} className={styles.tile} style={{ left, top }}>
          <Tile id={`tile ${left} ${top}`} size={88} hue={hue} />
        </span>
      ))}
      {middle === null ? null : (
        <span className={styles.tile} style={{ left: 144, top: 147 }}>
          {"unnamed" in middle ? (
            <Tile id={middle.unnamed} size={88} hue={0} />
          ) : (
            <Face person={middle} size={88} />
          )}
        </span>
      )}
    </div>
  );
}
