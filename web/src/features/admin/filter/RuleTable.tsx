import { Button, Switch, TextInput } from "@mantine/core";
import { IconFileText, IconPlus, IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Rule, RuleDraft } from "../../../client/types";
import { ICON, ICON_SMALL } from "../../../ui/icon";
import styles from "./Filter.module.css";

export interface RuleTableProps {
  rules: readonly Rule[];
  chosen: string | null;
  onChoose: (rule: Rule) => void;
  onToggle: (rule: Rule) => void;
  onNew: () => void;
  onImport: () => void;
}

export function RuleTable({ rules, chosen, onChoose, onToggle, onNew, onImport }: RuleTableProps) {
  const { t } = useTranslation();
  const [query, setQuery] = useState("");
  const wanted = query.trim().toLowerCase();
  const shown = rules.filter((rule) => `${rule.pattern} ${rule.note}`.toLowerCase().includes(wanted));
  return (
    <section id="rules" tabIndex={-1} aria-label={t("admin.rules")}>
      <div className={styles.bar}>
        <TextInput
          className={styles.find ?? ""}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          placeholder={t("admin.rulesFind")}
          aria-label={t("admin.rulesFind")}
          leftSection={<IconSearch {...ICON_SMALL} />}
        />
        <Button onClick={onImport} leftSection={<IconFileText {...ICON} />}>
          {t("admin.import")}
        </Button>
        <Button onClick={onNew} leftSection={<IconPlus {...ICON} />}>
          {t("admin.ruleNew")}
        </Button>
      </div>
      {rules.length === 0 ? (
        <p className={styles.empty}>{t("admin.rulesNone")}</p>
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t("admin.rule")}</th>
              <th scope="col" className={styles.kindCell}>
                {t("admin.kind")}
              </th>
              <th scope="col">{t("admin.outcome")}</th>
              <th scope="col" className={styles.number}>
                {t("admin.hits")}
              </th>
              <th scope="col" className={styles.number}>
                {t("admin.on")}
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((rule) => (
              <tr
                key={rule.id}
                data-chosen={rule.id === chosen || undefined}
                data-off={!rule.enabled || undefined}
              >
                <td>
                  <button
                    type="button"
                    className={styles.choose}
                    aria-expanded={rule.id === chosen}
                    onClick={() => onChoose(rule)}
                  >
                    {rule.kind === "regex" ? (
                      <code className={styles.code}>{rule.pattern}</code>
                    ) : (
                      rule.pattern
                    )}
                  </button>
                </td>
                <td className={styles.kindCell}>
                  <Kind rule={rule} />
                </td>
                <td>
                  <span className={styles.chip} data-action={rule.action}>
                    {t(`admin.actionShort.${rule.action}`)}
                  </span>
                </td>
                <td className={styles.number}>{rule.hits}</td>
                <td className={styles.number}>
                  <Switch
                    className={styles.switch ?? ""}
                    aria-label={t("admin.ruleOn", { rule: rule.pattern })}
                    checked={rule.enabled}
                    onChange={() => onToggle(rule)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {rules.length > 0 && shown.length === 0 ? <p className={styles.empty}>{t("admin.noneFound")}</p> : null}
    </section>
  );
}

function Kind({ rule }: { rule: RuleDraft }) {
  const { t } = useTranslation();
  if (rule.kind === "regex") return t("admin.kindShort.regex");
  const traits = [
    rule.whole_word ? t("admin.kindShort.whole") : t("admin.kindShort.keyword"),
    rule.ignore_separators ? t("admin.kindShort.spaced") : "",
  ];
  return traits.filter(Boolean).join(t("admin.comma"));
}
