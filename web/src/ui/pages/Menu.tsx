import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ICON, ICON_SMALL } from "../icon";
import { Key } from "../Key";
import { useSlashKey } from "./hooks";
import styles from "./MenuPage.module.css";
import { type Entry, findEntries, type Group } from "./menu";

export interface MenuProps {
  groups: Group[];
  entries: Entry[];
  page: string | undefined;
  onPage: (page: string) => void;
  onEntry: (entry: Entry) => void;
}

export function Menu({ groups, entries, page, onPage, onEntry }: MenuProps) {
  const { t } = useTranslation();
  const [query, setQuery] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useSlashKey(field);
  const found = query.trim() === "" ? null : findEntries(query.trim(), entries);
  function choose(entry: Entry | undefined) {
    if (entry === undefined) return;
    setQuery("");
    onEntry(entry);
  }
  return (
    <div className={styles.body}>
      <TextInput
        ref={field}
        className={styles.find ?? ""}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === "Enter") choose(found?.[0]);
          if (event.key === "Escape") setQuery("");
        }}
        placeholder={t("settings.find")}
        aria-label={t("settings.find")}
        leftSection={<IconSearch {...ICON_SMALL} />}
        rightSection={<Key>/</Key>}
      />
      {found === null ? (
        groups.map((group) => (
          <section key={group.label} aria-label={group.label}>
            <h2 className={styles.group}>{group.label}</h2>
            <ul className={styles.list}>
              {group.items.map(({ page: target, label, icon: Icon, count }) => (
                <li key={target}>
                  <button
                    type="button"
                    className={styles.item}
                    aria-current={page === target ? "page" : undefined}
                    onClick={() => onPage(target)}
                  >
                    <Icon {...ICON} />
                    <span className={styles.itemLabel}>{label}</span>
                    {count === undefined ? null : <span className={styles.count}>{count}</span>}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))
      ) : (
        <section aria-label={t("settings.found")}>
          <p className={styles.group} role="status">
            {found.length === 0 ? t("settings.foundNone") : t("settings.found")}
          </p>
          <ul className={styles.list}>
            {found.map((entry) => (
              <li key={`${entry.page} ${entry.id}`}>
                <button type="button" className={styles.item} onClick={() => choose(entry)}>
                  <span className={styles.itemLabel}>{entry.label}</span>
                  <span className={styles.count}>
                    {groups.flatMap((group) => group.items).find((item) => item.page === entry.page)?.label}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
