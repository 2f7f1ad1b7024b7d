import { useTranslation } from "react-i18next";
import type { Presence } from "../client/types";
import styles from "./Face.module.css";
import { faceTile, quarterPath } from "./FaceTile";

export interface FaceProps {
  person: { id: string; avatar: string | null };
  /** Edge in pixels. */
  size?: number;
  /** Draws the small square; leave out to draw none. */
  presence?: Presence | undefined;
}

/** The picture of a person: what they uploaded, else the tile from their id. Decorative: the name stands beside it. */
export function Face({ person, size = 36, presence }: FaceProps) {
  const { t } = useTranslation();
  return (
    <span
      className={styles.face}
      style={{ width: size, height: size, borderRadius: Math.min(10, Math.max(3, Math.round(size * 0.2))) }}
    >
      {person.avatar === null ? (
        <Tile id={person.id} size={size} />
      ) : (
        <img
          className={styles.picture}
          src={person.avatar}
          width={size}
          height={size}
          alt=""
          draggable={false}
        />
      )}
      {presence === undefined ? null : (
        <span
          className={styles.presence}
          data-presence={presence}
          data-large={size >= 28 || undefined}
          role="img"
          aria-label={t(`common.presence.${presence}`)}
        />
      )}
    </span>
  );
}

/**
 * The generated tile alone. `hue` paints it in another of the twelve, as the first page does to build the mark;
 * 0 leaves it unglazed: the colour of stone, for somebody who has no id yet.
 */
export function Tile({ id, size, hue: painted }: { id: string; size: number; hue?: number }) {
  const { hue: own, quarters } = faceTile(id);
  const hue = painted ?? own;
  return (
    <svg className={styles.picture} viewBox="0 0 100 100" width={size} height={size} aria-hidden="true">
      <rect width="100" height="100" fill={hue === 0 ? "var(--line-strong)" : `var(--hue-${hue})`} />
      <g fill={hue === 0 ? "var(--ground)" : `var(--hue-${hue}-light)`}>
        {quarters.map((one, at) => (
          <path
            // biome-ignore lint/suspicious/noArrayIndexKey: the place in the tile is what a quarter is.
            key={at}
            d={quarterPath(one, at as 0 | 1 | 2 | 3)}
            opacity={one.middle ? 0.6 : undefined}
          />
        ))}
      </g>
    </svg>
  );
}
