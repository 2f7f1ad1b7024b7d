import { ActionIcon } from "@mantine/core";
import { IconChevronLeft } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { ICON } from "../icon";
import { useReveal } from "./hooks";
import { Menu } from "./Menu";
import styles from "./MenuPage.module.css";
import { type Entry, type Group, itemOf } from "./menu";

export interface MenuPageProps {
  title: string;
  groups: Group[];
  /** What the search field finds. */
  entries: Entry[];
  page: string | undefined;
  onPage: (page: string) => void;
  onClose: () => void;
  /** At the foot of the menu. */
  foot?: ReactNode;
  children: ReactNode;
  /** How broad the page is drawn: to be read, as a list, or all there is. */
  width?: "text" | "list" | "all";
}

/** A left menu with a search field, and one page. On a phone the menu is a screen of its own. */
export function MenuPage(props: MenuPageProps) {
  const { title, groups, entries, page, onPage, onClose, foot, children, width = "text" } = props;
  const { t } = useTranslation();
  const [reveal, setReveal] = useState<string | null>(null);
  // The menu alone on a phone is the main thing then.
  const Outer = page ? "div" : "main";
  useReveal(reveal, () => setReveal(null));
  return (
    <Outer className={styles.page} data-open={page ? true : undefined}>
      <nav className={styles.menu} aria-label={title}>
        <header className={styles.head}>
          <ActionIcon onClick={onClose} aria-label={t("common.back")}>
            <IconChevronLeft {...ICON} />
          </ActionIcon>
          {page ? <span className={styles.title}>{title}</span> : <h1 className={styles.title}>{title}</h1>}
        </header>
        <Menu
          groups={groups}
          entries={entries}
          page={page}
          onPage={onPage}
          onEntry={(entry) => {
            onPage(entry.page);
            setReveal(entry.id);
          }}
        />
        {foot === undefined ? null : <footer className={styles.foot}>{foot}</footer>}
      </nav>
      {page ? (
        <main className={styles.main}>
          <div className={styles.phoneHead}>
            <ActionIcon size={44} onClick={() => onPage("")} aria-label={t("common.back")}>
              <IconChevronLeft size={20} stroke={1.75} />
            </ActionIcon>
            <span className={styles.title} aria-hidden="true">
              {itemOf(groups, page)?.label}
            </span>
          </div>
          <div className={styles.column} data-width={width}>
            {children}
          </div>
        </main>
      ) : null}
    </Outer>
  );
}
