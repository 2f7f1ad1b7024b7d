import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./Developer.module.css";

interface SureButtonProps {
  label: string;
  /** What the second button says: "Really revoke". */
  sure: string;
  /** What it is about, for those who only hear the button. */
  about: string;
  pending: boolean;
  /** What will happen, said with the question. */
  note?: string;
  onSure: () => void;
}

/** What is not taken back is asked for twice, in place. */
export function SureButton({ label, sure, about, pending, note, onSure }: SureButtonProps) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(false);
  const yes = useRef<HTMLButtonElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  // Where the focus goes when the question comes, and when it is taken back.
  const was = useRef(false);
  useEffect(() => {
    if (asked) yes.current?.focus();
    else if (was.current) first.current?.focus();
    was.current = asked;
  }, [asked]);
  if (!asked) {
    return (
      <Button
        ref={first}
        size="sm"
        color="red"
        loading={pending}
        onClick={() => setAsked(true)}
        aria-label={`${label}: ${about}`}
      >
        {label}
      </Button>
    );
  }
  return (
    <span className={styles.sure}>
      {note === undefined ? null : <span className={styles.quiet}>{note}</span>}
      <Button
        ref={yes}
        size="sm"
        color="red"
        variant="filled"
        aria-label={`${sure}: ${about}`}
        onKeyDown={(event) => event.key === "Escape" && setAsked(false)}
        onClick={() => {
          setAsked(false);
          onSure();
        }}
      >
        {sure}
      </Button>
      <Button size="sm" onClick={() => setAsked(false)}>
        {t("common.cancel")}
      </Button>
    </span>
  );
}
