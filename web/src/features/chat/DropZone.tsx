import { type DragEvent, type ReactNode, useRef, useState } from "react";
import styles from "./ChatPane.module.css";

interface DropZoneProps {
  label: string;
  onFiles: (files: File[]) => void;
  disabled: boolean;
  children: ReactNode;
}

export function DropZone({ label, onFiles, disabled, children }: DropZoneProps) {
  const [over, setOver] = useState(false);
  /** Entering a child comes before leaving its parent, so that a flag is not enough. */
  const depth = useRef(0);
  const holdsFiles = (event: DragEvent) => !disabled && event.dataTransfer.types.includes("Files");
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a second way to attach; the button is the first.
    <div
      className={styles.drop}
      onDragEnter={(event) => {
        if (!holdsFiles(event)) return;
        depth.current += 1;
        setOver(true);
      }}
      onDragLeave={() => {
        depth.current = Math.max(0, depth.current - 1);
        if (depth.current === 0) setOver(false);
      }}
      onDragOver={(event) => {
        if (holdsFiles(event)) event.preventDefault();
      }}
      onDrop={(event) => {
        depth.current = 0;
        setOver(false);
        if (!holdsFiles(event)) return;
        event.preventDefault();
        onFiles([...event.dataTransfer.files]);
      }}
    >
      {children}
      {over && <div className={styles.over}>{label}</div>}
    </div>
  );
}
