import { Menu } from "@mantine/core";
import {
  IconBookmark,
  IconCopy,
  IconCornerUpLeft,
  IconDots,
  IconLink,
  IconMoodPlus,
  IconPencil,
  IconTrash,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { MessageEvent } from "../../client/types";
import { ICON, ICON_SMALL } from "../../ui/icon";
import styles from "./ActionBar.module.css";
import { useChat } from "./context";
import { EmojiButton } from "./EmojiButton";
import { useMessageActions } from "./useRowActions";

/** A menu gives the focus back to its button after it has closed; only then may the composer take it. */
const FOCUS_BACK_MS = 60;

interface ActionBarProps {
  message: MessageEvent;
  /** A menu of the bar is open: the bar must stay. */
  onMenu: (open: boolean) => void;
}

export function ActionBar({ message, onMenu }: ActionBarProps) {
  const { t } = useTranslation();
  const chat = useChat();
  return (
    <div className={styles.bar} role="toolbar" aria-label={t("chat.actions.bar")}>
      {chat.mayWrite && (
        <>
          <EmojiButton
            label={t("chat.actions.react")}
            className={styles.button}
            onPick={(emoji) => chat.react(message, emoji)}
            onOpen={onMenu}
          >
            <IconMoodPlus {...ICON} />
          </EmojiButton>
          <button
            type="button"
            className={styles.button}
            aria-label={t("chat.actions.reply")}
            title={t("chat.actions.reply")}
            onClick={() => chat.reply(message)}
          >
            <IconCornerUpLeft {...ICON} />
          </button>
        </>
      )}
      <Menu position="bottom-end" onChange={onMenu}>
        <Menu.Target>
          <button
            type="button"
            className={styles.button}
            aria-label={t("chat.actions.more")}
            title={t("chat.actions.more")}
          >
            <IconDots {...ICON} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <MoreItems message={message} />
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

function MoreItems({ message }: { message: MessageEvent }) {
  const { t } = useTranslation();
  const actions = useMessageActions(message);
  const { edit } = actions;
  return (
    <>
      {edit && (
        <Menu.Item
          leftSection={<IconPencil {...ICON_SMALL} />}
          onClick={() => setTimeout(edit, FOCUS_BACK_MS)}
        >
          {t("chat.actions.edit")}
        </Menu.Item>
      )}
      <Menu.Item leftSection={<IconCopy {...ICON_SMALL} />} onClick={actions.copyText}>
        {t("chat.actions.copyText")}
      </Menu.Item>
      <Menu.Item leftSection={<IconLink {...ICON_SMALL} />} onClick={actions.copyLink}>
        {t("chat.actions.copyLink")}
      </Menu.Item>
      <Menu.Item leftSection={<IconBookmark {...ICON_SMALL} />} onClick={actions.unread}>
        {t("chat.actions.unread")}
      </Menu.Item>
      {actions.remove && (
        <Menu.Item data-danger="" leftSection={<IconTrash {...ICON_SMALL} />} onClick={actions.remove}>
          {t("chat.actions.delete")}
        </Menu.Item>
      )}
    </>
  );
}
