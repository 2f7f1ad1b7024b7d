import {
  IconBookmark,
  IconCopy,
  IconCornerUpLeft,
  IconLink,
  IconPencil,
  IconTrash,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { MessageEvent } from "../../client/types";
import { QUICK_REACTIONS } from "../../lib/emoji";
import { Dialog } from "../../ui/Dialog";
import { ICON_LARGE } from "../../ui/icon";
import { useChat } from "./context";
import styles from "./MessageSheet.module.css";
import { useMessageActions } from "./useRowActions";

/** The actions of a message for thumbs, opened by a long press. */
export function MessageSheet({ message, onClose }: { message: MessageEvent; onClose: () => void }) {
  const { t } = useTranslation();
  const chat = useChat();
  const actions = useMessageActions(message);
  const item = (label: string, icon: ReactNode, work: () => void, danger = false) => (
    <button
      type="button"
      className={styles.item}
      data-danger={danger || undefined}
      onClick={() => {
        onClose();
        work();
      }}
    >
      {icon}
      {label}
    </button>
  );
  return (
    <Dialog title={t("chat.actions.bar")} onClose={onClose} sheet bare>
      {chat.mayWrite && (
        <div className={styles.quick}>
          {QUICK_REACTIONS.map((emoji) => (
            <button
              key={emoji}
              type="button"
              aria-label={t("chat.actions.reactWith", { emoji })}
              onClick={() => {
                onClose();
                chat.react(message, emoji);
              }}
            >
              {emoji}
            </button>
          ))}
        </div>
      )}
      {chat.mayWrite &&
        item(t("chat.actions.reply"), <IconCornerUpLeft {...ICON_LARGE} />, () => chat.reply(message))}
      {actions.edit && item(t("chat.actions.edit"), <IconPencil {...ICON_LARGE} />, actions.edit)}
      {item(t("chat.actions.copyText"), <IconCopy {...ICON_LARGE} />, actions.copyText)}
      {item(t("chat.actions.copyLink"), <IconLink {...ICON_LARGE} />, actions.copyLink)}
      {item(t("chat.actions.unread"), <IconBookmark {...ICON_LARGE} />, actions.unread)}
      {actions.remove && item(t("chat.actions.delete"), <IconTrash {...ICON_LARGE} />, actions.remove, true)}
    </Dialog>
  );
}
