import { Button } from "@mantine/core";
import { IconHandStop } from "@tabler/icons-react";
import type { MediaPerson } from "../../media/people";
import { listenersOf } from "../../media/tiles";
import { Face } from "../../ui/Face";
import { ICON_SMALL } from "../../ui/icon";
import { useCall, useCallState, useWords } from "./context";
import { useSomebody } from "./hooks";
import styles from "./Stage.module.css";

const FACES_MAX = 24;

/** Those who listen on a stage, as faces; who wants a word stands first, and moderators give it. */
export function Listeners() {
  const t = useWords();
  const people = useCallState((state) => state.people);
  const listeners = listenersOf(people);
  if (listeners.length === 0) return null;
  const hands = listeners.filter(({ hand }) => hand);
  return (
    <div className={styles.listeners}>
      {hands.map((person) => (
        <Wants key={person.id} person={person} />
      ))}
      <section className={styles.faces} aria-label={t("listeners")}>
        <span className={styles.listenersCount}>{t("listenersCount", { count: listeners.length })}</span>
        {listeners.slice(0, FACES_MAX).map((person) => (
          <Listener key={person.id} person={person} />
        ))}
      </section>
    </div>
  );
}

function Listener({ person }: { person: MediaPerson }) {
  const { person: somebody, name } = useSomebody(person.id);
  return (
    <span title={name}>
      <Face person={somebody} size={28} />
      <span className="visually-hidden">{name}</span>
    </span>
  );
}

function Wants({ person }: { person: MediaPerson }) {
  const t = useWords();
  const { mayModerate, moderate } = useCall();
  const { person: somebody, name } = useSomebody(person.id);
  const shown = person.me ? t("you") : name;
  return (
    <p className={styles.wants} role="status">
      <IconHandStop {...ICON_SMALL} />
      <Face person={somebody} size={20} />
      <span>{t("wants", { name: shown })}</span>
      {mayModerate && (
        <Button size="sm" onClick={() => moderate(person.id, "let_speak")}>
          {t("tile.letSpeak")}
        </Button>
      )}
    </p>
  );
}
