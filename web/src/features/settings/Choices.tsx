import type { ReactNode } from "react";
import styles from "./Settings.module.css";

export interface ChoicesProps<T extends string> {
  label: string;
  value: T;
  options: { value: T; label: string; lang?: string; icon?: ReactNode }[];
  onChoose: (value: T) => void;
}

/** A few choices side by side, each a squared button; the chosen one is ringed. */
export function Choices<T extends string>({ label, value, options, onChoose }: ChoicesProps<T>) {
  return (
    <fieldset className={styles.choices}>
      <legend className="visually-hidden">{label}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          className={styles.choice}
          lang={option.lang}
          aria-pressed={option.value === value}
          onClick={() => onChoose(option.value)}
        >
          {option.icon}
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}
