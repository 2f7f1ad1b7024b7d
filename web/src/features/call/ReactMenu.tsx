import { Popover } from "@mantine/core";
import { IconMoodSmile } from "@tabler/icons-react";
import { useState } from "react";
import { ICON } from "../../ui/icon";
import styles from "./Controls.module.css";
import { useCall, useWords } from "./context";

const REACTIONS = ["👍", "👏", "🎉", "😂", "😮", "🤔"] as const;

/** Six signs that fly over the stage and are gone. */
export function ReactMenu() {
  const t = useWords();
  const { session } = useCall();
  const [open, setOpen] = useState(false);
  return (
    <Popover opened={open} onChange={setOpen} position="top" trapFocus returnFocus>
      <Popover.Target>
        <button
          type="button"
          className={styles.control}
          aria-label={t("react")}
          title={t("react")}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <IconMoodSmile {...ICON} size={20} />
        </button>
      </Popover.Target>
      <Popover.Dropdown className={styles.reactions ?? ""}>
        <ReactButtons
          onReact={(emoji) => {
            session.react(emoji);
            setOpen(false);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

export function ReactButtons({ onReact }: { onReact: (emoji: string) => void }) {
  const t = useWords();
  return REACTIONS.map((emoji) => (
    <button
      key={emoji}
      type="button"
      className={styles.reaction}
      aria-label={t("reactWith", { emoji })}
      onClick={() => onReact(emoji)}
    >
      {emoji}
    </button>
  ));
}
