import { type KeyboardEvent, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { EMOJI_GROUPS, type Emoji, findEmoji } from "../../lib/emoji";
import styles from "./EmojiPicker.module.css";

const FOUND_MAX = 60;
const COLUMNS = 8;

function move(event: KeyboardEvent<HTMLDivElement>): void {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
  if (step === undefined) return;
  const cells = [...event.currentTarget.querySelectorAll<HTMLElement>("button")];
  const at = cells.indexOf(document.activeElement as HTMLElement);
  const to = at < 0 ? 0 : at + step;
  if (at < 0 && event.key !== "ArrowDown") return;
  event.preventDefault();
  cells[Math.max(0, Math.min(cells.length - 1, to))]?.focus();
}

/** The picker comes later than the popover that traps the focus, so it takes the focus itself, once. */
function focusOnce(field: HTMLInputElement | null): void {
  field?.focus({ preventScroll: true });
}

export default function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const { t } = useTranslation();
  const [query, setQuery] = useState("");
  const found = useMemo(() => (query.trim() === "" ? null : findEmoji(query.trim(), FOUND_MAX)), [query]);
  const grid = (emoji: Emoji[]) => (
    <div className={styles.grid}>
      {emoji.map(({ sign, words }) => (
        <button
          key={sign}
          type="button"
          tabIndex={-1}
          className={styles.cell}
          aria-label={words[0]}
          title={words.join(" ")}
          onClick={() => onPick(sign)}
        >
          {sign}
        </button>
      ))}
    </div>
  );
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys walk the buttons inside.
    <div className={styles.picker} onKeyDown={move}>
      <input
        className={styles.find}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => {
          const first = found?.[0];
          if (event.key === "Enter" && !event.nativeEvent.isComposing && first) onPick(first.sign);
        }}
        placeholder={t("chat.emoji.find")}
        aria-label={t("chat.emoji.find")}
        ref={focusOnce}
      />
      <div className={styles.scroll}>
        {found !== null &&
          (found.length > 0 ? grid(found) : <p className={styles.none}>{t("chat.emoji.none")}</p>)}
        {found === null &&
          EMOJI_GROUPS.map(({ group, emoji }) => (
            <section key={group} aria-label={t(`chat.emoji.${group}`)}>
              <h3 className={styles.group}>{t(`chat.emoji.${group}`)}</h3>
              {grid(emoji)}
            </section>
          ))}
      </div>
    </div>
  );
}
