import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../../client/api";
import type { Rule, RuleDraft } from "../../../client/types";
import { Problem } from "../../../ui/Problem";
import { PageHead } from "../../../ui/pages/PageHead";
import { useRules, useWrite } from "../hooks";
import { DryRun } from "./DryRun";
import styles from "./Filter.module.css";
import { ImportList } from "./ImportList";
import { RemoveFilter } from "./RemoveFilter";
import { RuleEditor } from "./RuleEditor";
import { RuleTable } from "./RuleTable";
import { draftOf, NEW_RULE } from "./rules";
import { TrySentence } from "./TrySentence";

/** What is open below the table. */
type Open = { kind: "nothing" } | { kind: "import" } | { kind: "rule"; rule: Rule | null; draft: RuleDraft };

/** The rules on the left, what they would have done on the right. */
export function WordFilter() {
  const { t } = useTranslation();
  const rules = useRules();
  const [open, setOpen] = useState<Open>({ kind: "nothing" });
  const toggle = useWrite("rules", (rule: Rule) => api.patchRule(rule.id, { enabled: !rule.enabled }));
  const close = () => setOpen({ kind: "nothing" });
  const draft = open.kind === "rule" ? open.draft : null;
  const all = rules.data ?? [];
  return (
    <>
      <PageHead
        title={t("admin.page.filter")}
        note={t("admin.filterLead")}
        end={
          rules.data === undefined ? null : (
            <span className={styles.count}>
              {t("admin.rulesOn", { on: all.filter((rule) => rule.enabled).length, count: all.length })}
            </span>
          )
        }
      />
      <div className={styles.columns}>
        <div className={styles.left}>
          <RuleTable
            rules={all}
            chosen={open.kind === "rule" ? (open.rule?.id ?? null) : null}
            onChoose={(rule) => setOpen({ kind: "rule", rule, draft: draftOf(rule) })}
            onToggle={(rule) => toggle.mutate(rule)}
            onNew={() => setOpen({ kind: "rule", rule: null, draft: NEW_RULE })}
            onImport={() => setOpen({ kind: "import" })}
          />
          <Problem error={rules.error ?? toggle.error} />
          {open.kind === "rule" ? (
            <RuleEditor
              key={open.rule?.id ?? "new"}
              rule={open.rule}
              draft={open.draft}
              onDraft={(next) => setOpen({ ...open, draft: next })}
              onSaved={(rule) => setOpen({ kind: "rule", rule, draft: draftOf(rule) })}
              onClose={close}
            />
          ) : null}
          {open.kind === "import" ? <ImportList rules={all} onClose={close} /> : null}
          {all.length > 0 && open.kind === "nothing" ? <RemoveFilter rules={all} /> : null}
        </div>
        <aside className={styles.right} aria-label={t("admin.dryRun")}>
          <DryRun draft={draft} />
          <TrySentence draft={draft} rules={all} />
        </aside>
      </div>
    </>
  );
}
