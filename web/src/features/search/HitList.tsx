import type { KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import type { RoomId, SearchHit, Seq } from "../../client/types";
import { excerptAround } from "../../lib/excerpt";
import { moment } from "../../lib/when";
import { Face } from "../../ui/Face";
import { Marked } from "../../ui/Marked";
import { usePerson, useRoom } from "../../ui/plaza";
import styles from "./SearchPanel.module.css";

const EXCERPT_CHARS = 180;

export interface HitListProps {
  hits: readonly SearchHit[];
  query: string;
  /** Names the room of each hit. */
  withRoom: boolean;
  onOpen: (room: RoomId, seq: Seq) => void;
}

/** The arrow keys go from hit to hit. */
function onKeyDown(event: KeyboardEvent<HTMLElement>) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const line = document.activeElement?.closest("li");
  const next = event.key === "ArrowDown" ? line?.nextElementSibling : line?.previousElementSibling;
  const target = next?.querySelector("button");
  if (!target) return;
  event.preventDefault();
  target.focus();
}

export function HitList({ hits, query, withRoom, onOpen }: HitListProps) {
  return (
    <ol className={styles.hits} onKeyDown={onKeyDown}>
      {hits.map((hit) => (
        <li key={`${hit.room} ${hit.event.seq}`}>
          <Hit hit={hit} query={query} withRoom={withRoom} onOpen={() => onOpen(hit.room, hit.event.seq)} />
        </li>
      ))}
    </ol>
  );
}

interface HitProps {
  hit: SearchHit;
  query: string;
  withRoom: boolean;
  onOpen: () => void;
}

function Hit({ hit, query, withRoom, onOpen }: HitProps) {
  const { i18n } = useTranslation();
  const author = usePerson(hit.event.author);
  const room = useRoom(hit.room);
  const peer = usePerson(room?.peers[0]);
  const { text, ranges } = excerptAround(hit.event.text, query, EXCERPT_CHARS);
  const where = room?.name ? `# ${room.name}` : peer?.display_name;
  return (
    <button type="button" className={styles.hit} onClick={onOpen}>
      {author === undefined ? <span className={styles.noFace} /> : <Face person={author} size={28} />}
      <span className={styles.words}>
        <span className={styles.about}>
          <b className={styles.author}>{author?.display_name}</b>
          {withRoom && where ? <span className={styles.where}>{where}</span> : null}
          <time dateTime={new Date(hit.event.at).toISOString()}>
            {moment(hit.event.at, Date.now(), i18n.language)}
          </time>
        </span>
        <span className={styles.text}>
          <Marked text={text} ranges={ranges} tone="ground" />
        </span>
      </span>
    </button>
  );
}
