import { useEffect, useRef } from "react";
import { CopyButton } from "../../../ui/CopyButton";
import styles from "./Developer.module.css";

interface OnceProps {
  /** The sentence above: what it is, and that it is shown this once. */
  note: string;
  secret: string;
}

/** What is shown once: it takes the focus, so that nobody misses it. */
export function Once({ note, secret }: OnceProps) {
  const ref = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another secret asks for the eye again.
  useEffect(() => {
    ref.current?.scrollIntoView({ block: "nearest" });
  }, [secret]);
  return (
    <div className={styles.once} ref={ref} role="status">
      <p>{note}</p>
      <div className={styles.secret}>
        <code>{secret}</code>
        <CopyButton text={secret} size="sm" variant="filled" />
      </div>
    </div>
  );
}
