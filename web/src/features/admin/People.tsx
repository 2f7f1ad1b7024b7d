import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Me } from "../../client/types";
import { ranked } from "../../lib/match";
import { ICON_SMALL } from "../../ui/icon";
import { Problem } from "../../ui/Problem";
import { PageHead } from "../../ui/pages/PageHead";
import styles from "./Admin.module.css";
import { usePeople } from "./hooks";
import { PersonLine } from "./PersonLine";
import { ROLES } from "./rights";

/** Everybody of the place, by role and then by name. */
export function People({ me }: { me: Me }) {
  const { t, i18n } = useTranslation();
  const people = usePeople();
  const [query, setQuery] = useState("");
  const collator = new Intl.Collator(i18n.language.startsWith("zh") ? "zh-u-co-pinyin" : i18n.language);
  const sorted = [...(people.data ?? [])].sort(
    (a, b) =>
      Number(a.deactivated) - Number(b.deactivated) ||
      ROLES.indexOf(a.role) - ROLES.indexOf(b.role) ||
      collator.compare(a.display_name, b.display_name),
  );
  const shown =
    query.trim() === ""
      ? sorted
      : ranked(query, sorted, (one) => ({ text: `${one.display_name} ${one.name}`, pinyin: one.pinyin })).map(
          ({ item }) => item,
        );
  return (
    <>
      <PageHead title={t("admin.page.people")} note={t("admin.peopleLead")} />
      <TextInput
        className={styles.find ?? ""}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        placeholder={t("admin.peopleFind")}
        aria-label={t("admin.peopleFind")}
        leftSection={<IconSearch {...ICON_SMALL} />}
      />
      <Problem error={people.error} />
      {people.data !== undefined && shown.length === 0 ? (
        <p className={styles.quiet}>{t("admin.noneFound")}</p>
      ) : null}
      <ul className={styles.list} id="people" tabIndex={-1}>
        {shown.map((person) => (
          <PersonLine key={person.id} person={person} me={me} />
        ))}
      </ul>
    </>
  );
}
