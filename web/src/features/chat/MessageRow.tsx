import { memo } from "react";
import { useTranslation } from "react-i18next";
import { personName } from "../../client/names";
import type { MessageEvent } from "../../client/types";
import { Face } from "../../ui/Face";
import { usePerson } from "../../ui/plaza";
import { ActionBar } from "./ActionBar";
import { Attachments } from "./Attachments";
import { useChat } from "./context";
import { useTimes } from "./hooks";
import { MessageBody } from "./MessageBody";
import styles from "./MessageRow.module.css";
import { Quote } from "./Quote";
import { Reactions } from "./Reactions";
import { useRowActions } from "./useRowActions";

interface MessageRowProps {
  message: MessageEvent;
  first: boolean;
  highlighted: boolean;
}

export const MessageRow = memo(function MessageRow({ message, first, highlighted }: MessageRowProps) {
  const { t } = useTranslation();
  const chat = useChat();
  const author = usePerson(message.author);
  const { short, exact } = useTimes(message.at);
  const row = useRowActions(message);
  const edited = message.edited_at !== null && !message.deleted;
  return (
    <article
      className={styles.row}
      data-first={first || undefined}
      data-highlighted={highlighted || undefined}
      data-active={row.active || undefined}
      data-row=""
      tabIndex={-1}
      {...row.handlers}
    >
      {first ? (
        <span className={styles.face}>
          <Face person={author ?? { id: message.author, avatar: null }} />
        </span>
      ) : (
        <time className={styles.sideTime} title={exact} aria-hidden="true">
          {short}
        </time>
      )}
      <div className={styles.main}>
        {first && (
          <header className={styles.head}>
            <strong className={styles.author} title={personName(author)}>
              {personName(author)}
            </strong>
            <time className={styles.time} title={exact}>
              {short}
            </time>
            {edited && <span className={styles.edited}>{t("chat.edited")}</span>}
          </header>
        )}
        {message.reply_to !== null && <Quote quote={message.reply_to} onShow={chat.show} />}
        {message.deleted ? (
          <p className={styles.tombstone}>{t("chat.deleted")}</p>
        ) : (
          <>
            {message.text !== "" && (
              <MessageBody text={message.text} mentions={message.mentions} mentionAll={message.mention_all} />
            )}
            {edited && !first && <span className={styles.edited}>{t("chat.edited")}</span>}
            <Attachments files={message.files} onView={(index) => chat.view(message, index)} />
            <Reactions message={message} />
          </>
        )}
      </div>
      {row.active && !message.deleted && <ActionBar message={message} onMenu={row.setMenu} />}
    </article>
  );
});
