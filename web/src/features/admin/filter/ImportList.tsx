import { Button, NativeSelect, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../../client/api";
import type { Rule, RuleAction } from "../../../client/types";
import { Problem } from "../../../ui/Problem";
import styles from "./Filter.module.css";
import { ACTIONS, NEW_RULE, parseList } from "./rules";

/** A list that was pasted becomes rules, one by one; it stops at the first that is refused. */
export function ImportList({ rules, onClose }: { rules: readonly Rule[]; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const [action, setAction] = useState<RuleAction>("block");
  const [done, setDone] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const list = parseList(text, rules);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setError(null);
    try {
      for (const [at, entry] of list.patterns.entries()) {
        setDone(at);
        await api.createRule({ ...NEW_RULE, ...entry, action, ignore_separators: entry.kind === "keyword" });
      }
      onClose();
    } catch (failure) {
      setError(failure);
    }
    setDone(null);
    await queries.invalidateQueries({ queryKey: ["rules"] });
  }

  return (
    <form className={styles.editor} onSubmit={(event) => void submit(event)} aria-label={t("admin.import")}>
      <Textarea
        label={t("admin.import")}
        description={t("admin.importNote")}
        placeholder={"casino\n博彩\n/\\b\\d{17}[\\dX]\\b/"}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        rows={8}
        autoFocus
        spellCheck={false}
      />
      <NativeSelect
        label={t("admin.outcome")}
        value={action}
        data={ACTIONS.map((one) => ({ value: one, label: t(`admin.actionLong.${one}`) }))}
        onChange={(event) => setAction(event.currentTarget.value as RuleAction)}
      />
      <p className={styles.asideNote} role="status">
        {done === null
          ? t("admin.importCount", { count: list.patterns.length, known: list.known })
          : t("admin.importing", { done, count: list.patterns.length })}
      </p>
      <Problem error={error} />
      <div className={styles.buttons}>
        <Button type="submit" variant="filled" disabled={list.patterns.length === 0} loading={done !== null}>
          {t("admin.importDo", { count: list.patterns.length })}
        </Button>
        <Button onClick={onClose}>{t("common.cancel")}</Button>
      </div>
    </form>
  );
}
