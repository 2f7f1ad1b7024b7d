import { useCallPreferences } from "../../ui/calls";
import { useCallState, useWords } from "./context";
import { useMyCaptions, useNameOf } from "./hooks";
import styles from "./Overlays.module.css";

/** Signs that fly up and are gone; told once to screen readers. */
export function Reactions() {
  const t = useWords();
  const reactions = useCallState((state) => state.reactions);
  const me = useCallState(({ people }) => people.find((person) => person.me)?.id);
  const nameOf = useNameOf();
  return (
    <div className={styles.reactions} aria-live="polite">
      {reactions.map(({ id, from, emoji }) => {
        const name = from === me ? t("you") : nameOf(from);
        return (
          <span key={id} className={styles.reaction} style={{ "--lane": id % 5 } as React.CSSProperties}>
            <span aria-hidden="true">{emoji}</span>
            <span className={styles.who} aria-hidden="true">
              {name}
            </span>
            <span className="visually-hidden">{t("reacted", { name, emoji })}</span>
          </span>
        );
      })}
    </div>
  );
}

/** What is being said, as text, when that was chosen. */
export function Captions() {
  const t = useWords();
  useMyCaptions();
  const [{ captions: wanted }] = useCallPreferences();
  const captions = useCallState((state) => state.captions);
  const nameOf = useNameOf();
  if (!wanted || captions.length === 0) return null;
  return (
    <section className={styles.captions} aria-live="polite" aria-label={t("captions")}>
      {captions.map(({ id, from, text, final }) => (
        <p key={`${from} ${id}`} data-growing={!final || undefined}>
          <b>{nameOf(from)}</b> {text}
        </p>
      ))}
    </section>
  );
}
