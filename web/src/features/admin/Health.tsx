import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Health as Figures } from "../../client/types";
import { bytesText } from "../../lib/bytes";
import { ago } from "../../lib/when";
import { ICON } from "../../ui/icon";
import { Problem } from "../../ui/Problem";
import { PageHead } from "../../ui/pages/PageHead";
import { Worded } from "../../ui/Worded";
import styles from "./Admin.module.css";
import { runParts, warnings } from "./health";
import { useHealth } from "./hooks";

/** How the machine under the place is doing, read again every ten seconds. */
export function Health() {
  const { t } = useTranslation();
  const health = useHealth();
  return (
    <div id="health" tabIndex={-1}>
      <PageHead title={t("admin.page.health")} note={t("admin.healthLead")} />
      <Problem error={health.error} />
      {health.data === undefined ? null : <FiguresList health={health.data} />}
    </div>
  );
}

function FiguresList({ health }: { health: Figures }) {
  const { t, i18n } = useTranslation();
  const now = Date.now();
  const number = new Intl.NumberFormat(i18n.language);
  const { days, hours, minutes } = runParts(health.uptime_s);
  const spans = [
    days > 0 ? t("auth.span.days", { count: days }) : "",
    hours > 0 ? t("auth.span.hours", { count: hours }) : "",
    days === 0 ? t("auth.span.minutes", { count: minutes }) : "",
  ];
  const figures: [string, string][] = [
    [t("admin.healthRuns"), spans.filter(Boolean).join(" ")],
    [t("admin.healthConnections"), number.format(health.connections)],
    [t("admin.healthPeople"), number.format(health.people)],
    [t("admin.healthRooms"), number.format(health.rooms)],
    [t("admin.healthMessages"), number.format(health.messages)],
    [t("admin.healthData"), bytesText(health.data_bytes)],
    [t("admin.healthDisk"), bytesText(health.disk_free_bytes)],
    [
      t("admin.healthBackup"),
      health.last_backup_at === null
        ? t("admin.healthNever")
        : ago(health.last_backup_at, now, i18n.language),
    ],
    [t("admin.healthVersion"), health.version],
  ];
  const found = warnings(health, now);
  return (
    <>
      <ul className={styles.warnings}>
        {found.map((warning) => (
          <li key={warning} className={styles.warning}>
            <IconAlertTriangle {...ICON} />
            <span>
              <Worded text={t(`admin.warning.${warning}`)} />
            </span>
          </li>
        ))}
        {found.length === 0 ? (
          <li className={styles.well}>
            <IconCircleCheck {...ICON} />
            {t("admin.healthWell")}
          </li>
        ) : null}
      </ul>
      <dl className={styles.figures}>
        {figures.map(([label, value]) => (
          <div key={label} className={styles.figure}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
