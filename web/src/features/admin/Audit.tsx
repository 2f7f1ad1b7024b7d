import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { AuditEntry } from "../../client/types";
import { moment } from "../../lib/when";
import { Face } from "../../ui/Face";
import { Problem } from "../../ui/Problem";
import { PageHead } from "../../ui/pages/PageHead";
import { usePerson, useRoom } from "../../ui/plaza";
import styles from "./Admin.module.css";
import { detailPairs, knownAction, plainAction, shownObject } from "./audit";
import { useAudit } from "./hooks";

/** Who changed what, the newest first. */
export function Audit() {
  const { t } = useTranslation();
  const audit = useAudit();
  const entries = audit.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <>
      <PageHead title={t("admin.page.audit")} note={t("admin.auditLead")} />
      <Problem error={audit.error} />
      {audit.isSuccess && entries.length === 0 ? (
        <p className={styles.quiet}>{t("admin.auditNone")}</p>
      ) : null}
      <ol className={styles.list} id="audit" tabIndex={-1}>
        {entries.map((entry) => (
          <AuditLine key={entry.id} entry={entry} />
        ))}
      </ol>
      {audit.hasNextPage ? (
        <Button mt={16} loading={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
          {t("admin.auditMore")}
        </Button>
      ) : null}
    </>
  );
}

function AuditLine({ entry }: { entry: AuditEntry }) {
  const { t, i18n } = useTranslation();
  const actor = usePerson(entry.actor);
  const person = usePerson(entry.object);
  const room = useRoom(entry.object);
  const object = person?.display_name ?? (room === undefined ? shownObject(entry.object) : `# ${room.name}`);
  const known = knownAction(entry.action);
  const action = known === null ? plainAction(entry.action) : t(`admin.action.${known}`);
  return (
    <li className={styles.line}>
      {actor === undefined ? <span className={styles.noFace} /> : <Face person={actor} size={28} />}
      <div className={styles.words}>
        <div>
          <b className={styles.strong}>{actor?.display_name ?? t("admin.auditMachine")}</b> {action}
          {object === "" ? "" : ` · ${object}`}
        </div>
        <div className={styles.quiet}>{detailPairs(entry.detail).join(", ")}</div>
      </div>
      <time className={styles.time} dateTime={new Date(entry.at).toISOString()}>
        {moment(entry.at, Date.now(), i18n.language)}
      </time>
    </li>
  );
}
