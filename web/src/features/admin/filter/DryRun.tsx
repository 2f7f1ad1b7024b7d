import { IconTestPipe } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asApiError } from "../../../client/error";
import type { FilterDryRun, RuleAction, RuleDraft } from "../../../client/types";
import { unitRanges } from "../../../lib/excerpt";
import { shortTime } from "../../../lib/time";
import { Face } from "../../../ui/Face";
import { ICON } from "../../../ui/icon";
import { Marked } from "../../../ui/Marked";
import { Problem } from "../../../ui/Problem";
import { usePerson, useRoom } from "../../../ui/plaza";
import { useDryRun } from "../hooks";
import styles from "./Filter.module.css";

/** So many samples stand there before one asks for the others. */
const FIRST = 5;

/** What the open rule would have done to the newest messages. Nobody is told. */
export function DryRun({ draft }: { draft: RuleDraft | null }) {
  const { t, i18n } = useTranslation();
  const run = useDryRun(draft);
  const number = new Intl.NumberFormat(i18n.language);
  const asked = draft !== null && draft.pattern.trim() !== "";
  const found = asked ? run.data : null;
  const unreadable = asked && run.error !== null && asApiError(run.error).field === "pattern";
  const [all, setAll] = useState(false);
  const more = (found?.matched ?? 0) - (all ? (found?.samples.length ?? 0) : FIRST);
  return (
    <section className={styles.dry}>
      <header className={styles.dryHead}>
        <IconTestPipe {...ICON} />
        <h2 className={styles.asideTitle}>{t("admin.dryRun")}</h2>
        <span className={styles.asideNote}>{t("admin.dryRunScope")}</span>
      </header>
      {draft === null || !asked ? <p className={styles.lead}>{t("admin.dryRunNone")}</p> : null}
      {unreadable ? (
        <p className={styles.lead} role="status">
          {t("admin.patternWrong", { detail: asApiError(run.error).message })}
        </p>
      ) : (
        <Problem error={asked ? run.error : null} />
      )}
      {draft !== null && found && run.error === null ? (
        <>
          <p className={styles.lead} role="status">
            {t(`admin.dryRunFound.${draft.action}`, {
              count: found.matched,
              matched: number.format(found.matched),
              examined: number.format(found.examined),
            })}
            <br />
            {t("admin.dryRunSilent")}
          </p>
          <ul className={styles.samples}>
            {(all ? found.samples : found.samples.slice(0, FIRST)).map((sample) => (
              <Sample key={`${sample.room} ${sample.event.seq}`} sample={sample} action={draft.action} />
            ))}
          </ul>
          {more > 0 ? (
            <p className={styles.more}>
              {t("admin.dryRunMore", { count: more })}
              {all || found.samples.length <= FIRST ? null : (
                <button type="button" className={styles.show} onClick={() => setAll(true)}>
                  {t("admin.dryRunShow")}
                </button>
              )}
            </p>
          ) : null}
        </>
      ) : null}
    </section>
  );
}

function Sample({ sample, action }: { sample: FilterDryRun["samples"][number]; action: RuleAction }) {
  const { t, i18n } = useTranslation();
  const author = usePerson(sample.event.author);
  const room = useRoom(sample.room);
  return (
    <li className={styles.sample}>
      {author === undefined ? null : <Face person={author} size={28} />}
      <div className={styles.sampleWords}>
        <div className={styles.sampleHead}>
          <b>{author?.display_name}</b>
          <span>
            {room?.name ? `# ${room.name}, ` : ""}
            {shortTime(sample.event.at, Date.now(), i18n.language)}
          </span>
        </div>
        <p className={styles.sampleText}>
          <Marked
            text={sample.event.text}
            ranges={unitRanges(sample.event.text, sample.hits)}
            tone="ground"
          />
        </p>
      </div>
      <span className={styles.chip} data-action={action}>
        {t(`admin.actionDone.${action}`)}
      </span>
    </li>
  );
}
