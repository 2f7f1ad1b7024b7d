import { IconMoodPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { MessageEvent, Reaction } from "../../client/types";
import { ICON_SMALL } from "../../ui/icon";
import { useChat } from "./context";
import { EmojiButton } from "./EmojiButton";
import { useReactors } from "./hooks";
import styles from "./Reactions.module.css";

export function Reactions({ message }: { message: MessageEvent }) {
  const { t } = useTranslation();
  const chat = useChat();
  if (message.reactions.length === 0) return null;
  return (
    <div className={styles.chips}>
      {message.reactions.map((reaction) => (
        <Chip
          key={reaction.emoji}
          reaction={reaction}
          mine={reaction.users.includes(chat.me)}
          onClick={() => chat.react(message, reaction.emoji)}
          disabled={!chat.mayWrite}
        />
      ))}
      {chat.mayWrite && (
        <EmojiButton
          label={t("chat.reaction.add")}
          className={styles.add}
          onPick={(emoji) => chat.react(message, emoji)}
        >
          <IconMoodPlus {...ICON_SMALL} />
        </EmojiButton>
      )}
    </div>
  );
}

interface ChipProps {
  reaction: Reaction;
  mine: boolean;
  onClick: () => void;
  disabled: boolean;
}

function Chip({ reaction, mine, onClick, disabled }: ChipProps) {
  const title = useReactors(reaction);
  return (
    <button
      type="button"
      className={styles.chip}
      aria-pressed={mine}
      title={title}
      disabled={disabled}
      onClick={onClick}
    >
      <span className={styles.emoji}>{reaction.emoji}</span>
      {reaction.users.length}
      <span className="visually-hidden">{title}</span>
    </button>
  );
}
