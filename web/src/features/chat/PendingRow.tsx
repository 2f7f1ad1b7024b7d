import { useTranslation } from "react-i18next";
import type { OutboxItem } from "../../client/outbox";
import { Face } from "../../ui/Face";
import { useMe } from "../../ui/plaza";
import { Attachments } from "./Attachments";
import { useChat } from "./context";
import { useIsLate, useLikelyMentions, useTimes } from "./hooks";
import { MessageBody } from "./MessageBody";
import styles from "./MessageRow.module.css";
import { Quote } from "./Quote";

/** A post the server has not acknowledged: dimmed after a moment, with its reason when it was refused. */
export function PendingRow({ item, first }: { item: OutboxItem; first: boolean }) {
  const { t } = useTranslation();
  const chat = useChat();
  const me = useMe();
  const late = useIsLate(item.at);
  const { short } = useTimes(item.at);
  const mentions = useLikelyMentions(item.text);
  const failed = item.state === "failed";
  return (
    <article
      className={styles.row}
      data-first={first || undefined}
      data-late={(late && !failed) || undefined}
      data-row=""
      tabIndex={-1}
    >
      <span className={styles.face}>{first && me !== null && <Face person={me} />}</span>
      <div className={styles.main}>
        {first && (
          <header className={styles.head}>
            <strong className={styles.author}>{me?.display_name}</strong>
            <time className={styles.time}>{short}</time>
          </header>
        )}
        {item.reply_to !== null && <Quote quote={item.reply_to} onShow={chat.show} />}
        {item.text !== "" && <MessageBody text={item.text} mentions={mentions} mentionAll={false} />}
        <Attachments files={item.files} onView={() => undefined} />
        {failed && (
          <p className={styles.failed} role="alert">
            <span>
              {t("chat.failed")} {item.reason !== null && t(`common.error.${item.reason}`)}
            </span>
            <button type="button" onClick={() => chat.retry(item)}>
              {t("common.retry")}
            </button>
            <button type="button" onClick={() => chat.discard(item)}>
              {t("chat.discard")}
            </button>
          </p>
        )}
      </div>
    </article>
  );
}
