import { IconChevronLeft, IconChevronRight, IconExternalLink, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { FileInfo } from "../../client/types";
import { useModalDialog } from "../../ui/hooks";
import { ICON_LARGE } from "../../ui/icon";
import { useViewer } from "./useViewer";
import styles from "./Viewer.module.css";

interface ViewerProps {
  images: FileInfo[];
  start: number;
  onClose: () => void;
}

/** The images of a message, one at a time: arrow keys, swipe, a click zooms. */
export default function Viewer({ images, start, onClose }: ViewerProps) {
  const { t } = useTranslation();
  const ref = useModalDialog(onClose);
  const view = useViewer(images.length, start);
  const image = images[view.index];
  if (image === undefined) return null;
  return (
    <dialog
      ref={ref}
      className={styles.viewer}
      aria-label={t("chat.image.viewer")}
      onKeyDown={view.onKeyDown}
    >
      <header className={styles.head}>
        <span className={styles.name}>{image.name}</span>
        {images.length > 1 && (
          <span className={styles.count}>
            {view.index + 1} / {images.length}
          </span>
        )}
        <a href={image.url} target="_blank" rel="noreferrer" aria-label={t("chat.image.original")}>
          <IconExternalLink {...ICON_LARGE} />
        </a>
        <button type="button" aria-label={t("common.close")} onClick={onClose}>
          <IconX {...ICON_LARGE} />
        </button>
      </header>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keys are on the dialog. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a click beside the image closes, Escape does the same. */}
      <div
        className={styles.stage}
        data-zoomed={view.zoomed || undefined}
        onPointerDown={view.onPointerDown}
        onPointerUp={view.onPointerUp}
        onClick={(event) => {
          if (event.target === event.currentTarget) onClose();
        }}
      >
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: zooming is for pointers; the original opens by its link. */}
        <img
          key={image.id}
          className={styles.image}
          src={image.url}
          alt={image.name}
          width={image.width ?? undefined}
          height={image.height ?? undefined}
          onClick={view.toggleZoom}
        />
      </div>
      {images.length > 1 && (
        <>
          <button
            type="button"
            className={styles.previous}
            aria-label={t("chat.image.previous")}
            disabled={view.index === 0}
            onClick={() => view.step(-1)}
          >
            <IconChevronLeft {...ICON_LARGE} />
          </button>
          <button
            type="button"
            className={styles.next}
            aria-label={t("chat.image.next")}
            disabled={view.index === images.length - 1}
            onClick={() => view.step(1)}
          >
            <IconChevronRight {...ICON_LARGE} />
          </button>
        </>
      )}
    </dialog>
  );
}
