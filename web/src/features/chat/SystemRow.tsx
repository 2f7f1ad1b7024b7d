import { memo } from "react";
import type { SystemEvent } from "../../client/types";
import { usePhrases } from "./hooks";
import styles from "./rows.module.css";

export const SystemRow = memo(function SystemRow({ events }: { events: SystemEvent[] }) {
  const { text, time } = usePhrases(events);
  return (
    <p className={styles.system} title={time}>
      {text}
    </p>
  );
});
