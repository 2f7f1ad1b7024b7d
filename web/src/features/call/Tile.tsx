import { IconHandStop, IconMicrophoneOff, IconPin, IconScreenShare, IconVolume } from "@tabler/icons-react";
import { memo } from "react";
import { barsOf } from "../../media/quality";
import type { Tile as TileState } from "../../media/tiles";
import { Face } from "../../ui/Face";
import { ICON_SMALL } from "../../ui/icon";
import { useCall, useCallState, useFloor, useWords } from "./context";
import { useSomebody } from "./hooks";
import styles from "./Tile.module.css";
import { TileMenu } from "./TileMenu";
import { Video } from "./Video";

interface TileProps {
  tile: TileState;
  /** Edge of the face that stands for a camera that is off, pixels. */
  face: number;
  /** Small tiles of the strip show less. */
  small?: boolean;
}

/** One face or one screen. Pressing it pins it; what else can be done is in its menu. */
export const Tile = memo(function Tile({ tile, face, small = false }: TileProps) {
  const t = useWords();
  const { session } = useCall();
  const { person, kind, key } = tile;
  const { person: somebody, name } = useSomebody(person.id);
  const pinned = useFloor((floor) => floor.pinned === key);
  const away = useCallState(({ phase }) => phase.name === "reconnecting") && !person.me;
  const picture = kind === "camera" ? person.camera : person.screen;
  const speaks = person.speaking && kind === "camera";
  const shown = person.me ? t("you") : name;
  return (
    <figure
      className={styles.tile}
      aria-label={kind === "screen" ? t("tile.shows", { name: shown }) : shown}
      data-kind={kind}
      data-person={person.id}
      data-speaks={speaks || undefined}
      data-small={small || undefined}
      data-away={away || undefined}
    >
      {picture === null ? (
        <Face person={somebody} size={face} />
      ) : (
        <Video person={person.id} kind={kind} sid={picture.sid} mine={person.me} />
      )}
      <button
        type="button"
        className={styles.press}
        aria-label={t(pinned ? "tile.unpin" : "tile.pin", { name: shown })}
        aria-pressed={pinned}
        onClick={() => session.floor.pin(key)}
      />
      {picture?.paused && <span className={styles.paused}>{t("tile.paused")}</span>}
      {person.hand && kind === "camera" && (
        <span className={styles.hand} title={t("tile.hand")}>
          <IconHandStop {...ICON_SMALL} aria-hidden={false} role="img" aria-label={t("tile.hand")} />
        </span>
      )}
      <Plate tile={tile} name={shown} pinned={pinned} />
      {!small && <TileMenu tile={tile} name={shown} pinned={pinned} />}
    </figure>
  );
});

/** The name, with what is to be known of its bearer: muted, speaking, showing, badly connected. */
function Plate({ tile, name, pinned }: { tile: TileState; name: string; pinned: boolean }) {
  const t = useWords();
  const { person, kind } = tile;
  const weak = person.quality === "poor" || person.quality === "lost";
  const muted = kind === "camera" && person.microphone !== "on";
  return (
    <span className={styles.plate}>
      {kind === "screen" && <IconScreenShare {...ICON_SMALL} />}
      {muted && (
        <IconMicrophoneOff
          {...ICON_SMALL}
          className={styles.muted}
          aria-hidden={false}
          role="img"
          aria-label={t("tile.muted", { name })}
        />
      )}
      {!muted && kind === "camera" && person.speaking && (
        <IconVolume
          {...ICON_SMALL}
          className={styles.speaks}
          aria-hidden={false}
          role="img"
          aria-label={t("tile.speaking", { name })}
        />
      )}
      <span className={styles.name}>
        {kind === "screen" ? (person.me ? t("tile.youShow") : t("tile.shows", { name })) : name}
      </span>
      {weak && kind === "camera" && (
        <Bars bars={barsOf(person.quality)} label={t(`tile.line.${person.quality}`)} />
      )}
      {pinned && <IconPin {...ICON_SMALL} />}
    </span>
  );
}

/** A line's quality as a shape: of three bars so many are filled. */
export function Bars({ bars, label }: { bars: number; label: string }) {
  return (
    <svg className={styles.bars} viewBox="0 0 14 12" width={14} height={12} role="img" aria-label={label}>
      <title>{label}</title>
      {[0, 1, 2].map((bar) => (
        <rect
          key={bar}
          x={bar * 5}
          y={8 - bar * 4}
          width={3.5}
          height={4 + bar * 4}
          rx={1}
          fill="currentColor"
          opacity={bar < bars ? 1 : 0.3}
        />
      ))}
    </svg>
  );
}
