import { IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./IconButton";
import { ICON } from "./icon";
import styles from "./Panel.module.css";

interface PanelProps {
  title: string;
  note?: string | undefined;
  onClose: () => void;
  children: ReactNode;
  foot?: ReactNode;
}

/** What stands beside the room: a head with a way to close it, and its own scroll. */
export function Panel({ title, note, onClose, children, foot }: PanelProps) {
  const { t } = useTranslation();
  return (
    <section className={styles.panel} aria-label={title}>
      <header className={styles.head}>
        <h2 className={styles.title}>{title}</h2>
        {note !== undefined && <span className={styles.note}>{note}</span>}
        <IconButton label={t("common.close")} onClick={onClose}>
          <IconX {...ICON} />
        </IconButton>
      </header>
      <div className={styles.body}>{children}</div>
      {foot}
    </section>
  );
}
