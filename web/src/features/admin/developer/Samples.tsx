import { type KeyboardEvent, useId, useRef, useState } from "react";
import { CodeBlock } from "../../../ui/code/CodeBlock";
import { Worded } from "../../../ui/Worded";
import styles from "./Developer.module.css";
import { useWords } from "./hooks";
import { type Fillings, sampleOf, TABS, type Tab } from "./samples";

/** One sample for each way in; the arrow keys walk the tabs. */
export function Samples({ fillings }: { fillings: Fillings }) {
  const t = useWords();
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const [tab, setTab] = useState<Tab>("centrifuge");
  const sample = sampleOf(tab, fillings);

  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length] ?? tab;
    setTab(next);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus();
  }

  return (
    <section className={styles.samples} aria-label={t("connect.samples")}>
      <div
        className={styles.tabs}
        role="tablist"
        aria-label={t("connect.samples")}
        ref={list}
        onKeyDown={onKeyDown}
      >
        {TABS.map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`${id}-${each}`}
            data-tab={each}
            aria-selected={each === tab}
            aria-controls={`${id}-panel`}
            tabIndex={each === tab ? 0 : -1}
            className={styles.tab}
            onClick={() => setTab(each)}
          >
            {t(`connect.tab.${each}`)}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${tab}`}>
        <p className={styles.about}>
          <Worded text={t(`connect.about.${tab}`)} />
        </p>
        <CodeBlock language={sample.language} text={sample.text} wide />
      </div>
    </section>
  );
}
