import { IconSettings } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { Face } from "../../ui/Face";
import { ICON } from "../../ui/icon";
import { useMe } from "../../ui/plaza";
import styles from "./MeFoot.module.css";

/** Who I am here, at the foot of the list; leads to the settings. */
export function MeFoot() {
  const { t } = useTranslation();
  const me = useMe();
  if (me === null) return null;
  const note = me.role === "owner" ? t("shell.owner") : t(`common.presence.${me.presence}`);
  return (
    <footer className={styles.foot}>
      <Face person={me} size={32} presence={me.presence} />
      <span className={styles.words}>
        <strong className={styles.name}>{me.display_name}</strong>
        <span className={styles.note}>{note}</span>
      </span>
      <Link
        href="/settings"
        className={styles.settings}
        aria-label={t("shell.settings")}
        title={t("shell.settings")}
      >
        <IconSettings {...ICON} />
      </Link>
    </footer>
  );
}
