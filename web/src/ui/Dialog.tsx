import { IconX } from "@tabler/icons-react";
import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import styles from "./Dialog.module.css";
import { useModalDialog } from "./hooks";
import { IconButton } from "./IconButton";
import { ICON } from "./icon";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** A sheet rises from the lower edge, for thumbs. */
  sheet?: boolean;
  wide?: boolean;
  /** Draws no head; the title is still told to screen readers. */
  bare?: boolean;
}

/** The browser's own modal dialog: it keeps the focus inside, closes by Escape and gives the focus back. */
export function Dialog({ title, onClose, children, sheet = false, wide = false, bare = false }: DialogProps) {
  const { t } = useTranslation();
  const ref = useModalDialog(onClose);
  /** Only a press that began around the dialog closes it: the finger that opened a sheet lifts over it. */
  const pressed = useRef(false);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it; the click is on what lies around the dialog.
    <dialog
      ref={ref}
      className={sheet ? styles.sheet : styles.dialog}
      data-wide={wide || undefined}
      aria-label={title}
      onPointerDown={(event) => {
        pressed.current = event.target === event.currentTarget;
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget && pressed.current) onClose();
      }}
    >
      <div className={styles.inner}>
        {!bare && (
          <header className={styles.head}>
            <h2 className={styles.title}>{title}</h2>
            <IconButton label={t("common.close")} onClick={onClose}>
              <IconX {...ICON} />
            </IconButton>
          </header>
        )}
        {children}
      </div>
    </dialog>
  );
}
