import type { ReactNode } from "react";
import { Key } from "../../ui/Key";
import styles from "./Switcher.module.css";

export interface OptionProps {
  id: string;
  chosen: boolean;
  /** The pointer moved over it. */
  onPoint: () => void;
  onChoose: () => void;
}

/** One line of the list: what it is, its name, what else is known. The field keeps the focus. */
export function Option(props: OptionProps & { icon: ReactNode; end: ReactNode; children: ReactNode }) {
  const { id, chosen, onPoint, onChoose, icon, end, children } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys of the whole list.
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={chosen}
      className={styles.option}
      onMouseMove={chosen ? undefined : onPoint}
      onMouseDown={(event) => event.preventDefault()}
      onClick={onChoose}
    >
      <span className={styles.icon}>{icon}</span>
      <span className={styles.label}>{children}</span>
      <span className={styles.end}>{end}</span>
      {chosen ? (
        <span className={styles.enter} aria-hidden="true">
          <Key>Enter</Key>
        </span>
      ) : null}
    </div>
  );
}
