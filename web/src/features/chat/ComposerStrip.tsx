import { IconCornerUpLeft, IconPencil, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { personName } from "../../client/names";
import { ICON_SMALL } from "../../ui/icon";
import { usePerson } from "../../ui/plaza";
import styles from "./Composer.module.css";
import type { ComposerState } from "./useComposer";

/** Above the field: which message is answered or changed. */
export function ComposerStrip({ composer }: { composer: ComposerState }) {
  const { t } = useTranslation();
  const { replyTo, editing } = composer;
  const author = usePerson(replyTo?.author);
  if (editing === null && replyTo === null) return null;
  const label = editing === null ? t("chat.composer.cancelReply") : t("chat.composer.cancelEdit");
  return (
    <div className={styles.strip}>
      {editing === null ? <IconCornerUpLeft {...ICON_SMALL} /> : <IconPencil {...ICON_SMALL} />}
      <span className={styles.stripName}>
        {editing === null
          ? t("chat.composer.replyTo", { name: personName(author) })
          : t("chat.composer.editing")}
      </span>
      <span className={styles.stripText}>{editing === null ? replyTo?.excerpt : ""}</span>
      <button
        type="button"
        className={styles.stripClose}
        aria-label={label}
        title={label}
        onClick={composer.cancel}
      >
        <IconX {...ICON_SMALL} />
      </button>
    </div>
  );
}
