import { IconFile, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { bytesText } from "../../lib/bytes";
import { ICON, ICON_SMALL } from "../../ui/icon";
import styles from "./UploadTray.module.css";
import type { Upload } from "./useUploads";

interface UploadTrayProps {
  uploads: Upload[];
  onRemove: (id: string) => void;
  onRetry: (id: string) => void;
}

/** What will hang on the post: thumbnails and names, with progress. */
export function UploadTray({ uploads, onRemove, onRetry }: UploadTrayProps) {
  const { t } = useTranslation();
  if (uploads.length === 0) return null;
  return (
    <ul className={styles.tray}>
      {uploads.map((upload) => (
        <li key={upload.id} className={styles.item} data-failed={upload.error !== null || undefined}>
          {upload.preview !== null ? (
            <img className={styles.thumb} src={upload.preview} alt="" />
          ) : (
            <span className={styles.thumb}>
              <IconFile {...ICON} />
            </span>
          )}
          <span className={styles.words}>
            <span className={styles.name}>{upload.name}</span>
            <span className={styles.note} role="status">
              {upload.error === null ? (
                bytesText(upload.size)
              ) : (
                <>
                  {t(`common.error.${upload.error}`)}{" "}
                  {upload.error !== "too_large" && (
                    <button type="button" className={styles.retry} onClick={() => onRetry(upload.id)}>
                      {t("common.retry")}
                    </button>
                  )}
                </>
              )}
            </span>
          </span>
          <button
            type="button"
            className={styles.remove}
            aria-label={t("chat.composer.removeFile", { name: upload.name })}
            onClick={() => onRemove(upload.id)}
          >
            <IconX {...ICON_SMALL} />
          </button>
          {upload.info === null && upload.error === null && (
            <progress className={styles.progress} value={upload.share} max={1} aria-label={upload.name} />
          )}
        </li>
      ))}
    </ul>
  );
}
