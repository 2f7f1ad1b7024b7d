import { Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../../client/api";
import { asApiError } from "../../../client/error";
import type { Rule, RuleAction, RuleDraft, RuleKind } from "../../../client/types";
import { Problem } from "../../../ui/Problem";
import { useWrite } from "../hooks";
import styles from "./Filter.module.css";
import { ACTIONS, draftOf, sameDraft } from "./rules";

export interface RuleEditorProps {
  /** The rule that is changed; null makes a new one. */
  rule: Rule | null;
  draft: RuleDraft;
  onDraft: (draft: RuleDraft) => void;
  onSaved: (rule: Rule) => void;
  onClose: () => void;
}

export function RuleEditor({ rule, draft, onDraft, onSaved, onClose }: RuleEditorProps) {
  const { t } = useTranslation();
  const [deleting, setDeleting] = useState(false);
  const save = useWrite("rules", (body: RuleDraft) =>
    rule === null ? api.createRule(body) : api.patchRule(rule.id, body),
  );
  const remove = useWrite("rules", (id: string) => api.deleteRule(id));
  const set = (part: Partial<RuleDraft>) => onDraft({ ...draft, ...part });
  const changed = rule === null || !sameDraft(draft, draftOf(rule));
  const refused = save.error === null ? null : asApiError(save.error);
  const words = draft.kind === "keyword";

  function submit(event: FormEvent) {
    event.preventDefault();
    if (changed && draft.pattern.trim() !== "") {
      save.mutate({ ...draft, pattern: draft.pattern.trim() }, { onSuccess: onSaved });
    }
  }

  return (
    <form
      className={styles.editor}
      onSubmit={submit}
      aria-label={t(rule === null ? "admin.ruleNew" : "admin.rule")}
    >
      <TextInput
        label={t(words ? "admin.words" : "admin.pattern")}
        description={words ? undefined : t("admin.patternNote")}
        value={draft.pattern}
        onChange={(event) => set({ pattern: event.currentTarget.value })}
        error={
          refused?.field === "pattern" ? t("admin.patternWrong", { detail: refused.message }) : undefined
        }
        classNames={words ? {} : { input: styles.mono ?? "" }}
        spellCheck={false}
        autoFocus
      />
      <div className={styles.pair}>
        <NativeSelect
          label={t("admin.outcome")}
          value={draft.action}
          data={ACTIONS.map((action) => ({ value: action, label: t(`admin.actionLong.${action}`) }))}
          onChange={(event) => set({ action: event.currentTarget.value as RuleAction })}
        />
        <NativeSelect
          label={t("admin.kind")}
          value={draft.kind}
          data={(["keyword", "regex"] as const).map((kind) => ({
            value: kind,
            label: t(`admin.kindLong.${kind}`),
          }))}
          onChange={(event) => set({ kind: event.currentTarget.value as RuleKind })}
        />
      </div>
      {words ? (
        <>
          <Switch
            label={t("admin.spaced")}
            description={t("admin.spacedNote")}
            checked={draft.ignore_separators}
            onChange={(event) => set({ ignore_separators: event.currentTarget.checked })}
          />
          <Switch
            label={t("admin.whole")}
            description={t("admin.wholeNote")}
            checked={draft.whole_word}
            onChange={(event) => set({ whole_word: event.currentTarget.checked })}
          />
        </>
      ) : null}
      <TextInput
        label={t("admin.note")}
        description={t("admin.noteNote")}
        value={draft.note}
        maxLength={200}
        onChange={(event) => set({ note: event.currentTarget.value })}
      />
      {refused?.field === "pattern" ? null : <Problem error={save.error ?? remove.error} />}
      <div className={styles.buttons}>
        <Button
          type="submit"
          variant="filled"
          disabled={!changed || draft.pattern.trim() === ""}
          loading={save.isPending}
        >
          {t("admin.ruleSave")}
        </Button>
        <Button onClick={onClose}>{t(changed ? "admin.discard" : "common.close")}</Button>
        {save.isSuccess && !changed ? (
          <span className={styles.saved} role="status">
            {t("settings.saved")}
          </span>
        ) : null}
        {rule === null ? null : (
          <Button
            className={styles.delete ?? ""}
            variant={deleting ? "filled" : "subtle"}
            color="red"
            loading={remove.isPending}
            onClick={() => (deleting ? remove.mutate(rule.id, { onSuccess: onClose }) : setDeleting(true))}
            onBlur={() => setDeleting(false)}
          >
            {t(deleting ? "admin.ruleDeleteSure" : "admin.ruleDelete")}
          </Button>
        )}
      </div>
    </form>
  );
}
