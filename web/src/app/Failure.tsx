import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Contained } from "../ui/Contained";
import { Mark } from "../ui/Mark";
import styles from "./Failure.module.css";

interface NoteProps {
  text: string;
  button: string;
  onClick: () => void;
}

/** One sentence, one button, in the middle of what is free. */
export function Note({ text, button, onClick }: NoteProps) {
  return (
    <div className={styles.note} role="alert">
      <Mark size={32} />
      <p>{text}</p>
      <Button onClick={onClick}>{button}</Button>
    </div>
  );
}

/** The server was not reached and the device holds nothing to show. */
export function Failure({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation();
  return <Note text={t("shell.serverGone")} button={t("shell.tryAgain")} onClick={onRetry} />;
}

function Crashed() {
  const { t } = useTranslation();
  return (
    <Note text={t("shell.crashed")} button={t("shell.reload")} onClick={() => window.location.reload()} />
  );
}

/** Contains a bug to the part of the page it is in. */
export function Boundary({ about = "", children }: { about?: string; children: ReactNode }) {
  return (
    <Contained instead={<Crashed />} about={about}>
      {children}
    </Contained>
  );
}
