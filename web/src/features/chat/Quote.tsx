import { IconCornerUpLeft } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { personName } from "../../client/names";
import type { ReplyTo, Seq } from "../../client/types";
import { Face } from "../../ui/Face";
import { ICON_SMALL } from "../../ui/icon";
import { usePerson } from "../../ui/plaza";
import styles from "./Quote.module.css";

/** One line of what is replied to; leads there. */
export function Quote({ quote, onShow }: { quote: ReplyTo; onShow: (seq: Seq) => void }) {
  const { t } = useTranslation();
  const author = usePerson(quote.author);
  return (
    <button type="button" className={styles.quote} onClick={() => onShow(quote.seq)}>
      <IconCornerUpLeft {...ICON_SMALL} />
      <Face person={author ?? { id: quote.author, avatar: null }} size={16} />
      <span className={styles.who}>{personName(author)}</span>
      <span className={styles.text}>{quote.deleted ? t("chat.quoteDeleted") : quote.excerpt}</span>
    </button>
  );
}
