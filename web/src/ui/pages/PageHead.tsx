import type { ReactNode } from "react";
import styles from "./Setting.module.css";

/** The name of a page and the sentence that says what it is for. */
export function PageHead({ title, note, end }: { title: string; note: string; end?: ReactNode }) {
  return (
    <header className={styles.pageHead}>
      <div>
        <h1 className={styles.pageTitle}>{title}</h1>
        <p className={styles.pageNote}>{note}</p>
      </div>
      {end}
    </header>
  );
}
