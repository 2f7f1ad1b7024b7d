import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asApiError } from "../../../client/error";
import type { Rule, RuleDraft } from "../../../client/types";
import { unitRanges } from "../../../lib/excerpt";
import { Marked } from "../../../ui/Marked";
import { Problem } from "../../../ui/Problem";
import { useTry } from "../hooks";
import styles from "./Filter.module.css";

export interface TrySentenceProps {
  /** The open rule, tried alone; null tries all rules that are on. */
  draft: RuleDraft | null;
  rules: readonly Rule[];
}

export function TrySentence({ draft, rules }: TrySentenceProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const tried = useTry(text, draft);
  const result = text.trim() === "" ? undefined : tried.data;
  // The dry run above says it already.
  const patternWrong = tried.error !== null && asApiError(tried.error).field === "pattern";
  const by = [
    ...new Set(result?.hits.map((hit) => rules.find((rule) => rule.id === hit.rule)?.pattern)),
  ].filter((pattern) => pattern !== undefined);
  return (
    <section className={styles.try} id="try" tabIndex={-1}>
      <TextInput
        label={t("admin.try")}
        description={draft === null ? t("admin.tryNote") : t("admin.tryDraft")}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        placeholder={t("admin.tryPlaceholder")}
      />
      <Problem error={text.trim() === "" || patternWrong ? null : tried.error} />
      {result === undefined || tried.error !== null ? null : (
        <div className={styles.tried} role="status">
          <p className={styles.sampleText}>
            <Marked text={text} ranges={unitRanges(text, result.hits)} tone="ground" />
          </p>
          <p className={styles.verdict}>
            <span className={styles.chip} data-action={result.action}>
              {t(`admin.actionDone.${result.action}`)}
            </span>
            {result.action === "mask" ? <span>{t("admin.tryMasked", { masked: result.masked })}</span> : null}
            {by.length > 0 ? <span>{t("admin.tryBy", { rules: by.join(t("admin.comma")) })}</span> : null}
          </p>
        </div>
      )}
    </section>
  );
}
