import type { ReactNode } from "react";
import { Mark } from "../../ui/Mark";
import styles from "./Frame.module.css";
import { LanguageChoice } from "./LanguageChoice";
import { type Middle, Square } from "./Square";

export interface FrameProps {
  /** Whose tile stands in the middle of the square. */
  middle: Middle | null;
  caption: string;
  children: ReactNode;
}

/** The pages before one is in: the square on the left, one thing to do on the right. */
export function Frame({ middle, caption, children }: FrameProps) {
  return (
    <div className={styles.page}>
      <aside className={styles.side}>
        <div className={styles.brand}>
          <Mark size={22} />
          <span>Plaza</span>
        </div>
        <Square middle={middle} />
        <p className={styles.caption}>{caption}</p>
      </aside>
      <main className={styles.main}>
        <div className={styles.top}>
          <div className={styles.smallBrand}>
            <Mark size={22} />
            <span>Plaza</span>
          </div>
          <LanguageChoice />
        </div>
        <div className={styles.column}>{children}</div>
      </main>
    </div>
  );
}
