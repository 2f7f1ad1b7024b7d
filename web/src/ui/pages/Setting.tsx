import type { ReactNode } from "react";
import styles from "./Setting.module.css";

export interface SettingProps {
  /** Where the search field lands. */
  id: string;
  title: string;
  /** The sentence that says what it does. */
  note: ReactNode;
  /** Beside the sentence: a switch or a button. */
  control?: ReactNode;
  /** Below it: fields. */
  children?: ReactNode;
  /** The fields take the width of the page. */
  wide?: boolean;
}

/** One setting: its name, what it does, and the control. */
export function Setting({ id, title, note, control, children, wide }: SettingProps) {
  return (
    <section className={styles.setting} id={id} tabIndex={-1} aria-labelledby={`${id}-title`}>
      <div className={styles.row}>
        <div className={styles.words}>
          <h2 className={styles.title} id={`${id}-title`}>
            {title}
          </h2>
          <p className={styles.note}>{note}</p>
        </div>
        {control}
      </div>
      {children === undefined ? null : (
        <div className={styles.fields} data-wide={wide || undefined}>
          {children}
        </div>
      )}
    </section>
  );
}
