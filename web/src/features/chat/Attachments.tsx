import { IconDownload, IconFile, IconFileText, IconFileZip, IconMovie, IconMusic } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { FileInfo } from "../../client/types";
import { bytesText } from "../../lib/bytes";
import { ICON } from "../../ui/icon";
import styles from "./Attachments.module.css";
import { mosaicOf } from "./mosaic";

interface AttachmentsProps {
  files: FileInfo[];
  onView: (index: number) => void;
}

export function Attachments({ files, onView }: AttachmentsProps) {
  if (files.length === 0) return null;
  const images = files.filter((file) => file.kind === "image");
  const others = files.filter((file) => file.kind !== "image");
  return (
    <div className={styles.attachments}>
      <Mosaic images={images} onView={onView} />
      {others.map((file) => (
        <FileCard key={file.id} file={file} />
      ))}
    </div>
  );
}

function Mosaic({ images, onView }: { images: FileInfo[]; onView: (index: number) => void }) {
  const { t } = useTranslation();
  const mosaic = mosaicOf(images);
  if (mosaic === null) return null;
  if (mosaic.kind === "single") {
    const { file, width, height } = mosaic;
    return (
      <button
        type="button"
        className={styles.image}
        style={{ width, aspectRatio: `${width} / ${height}` }}
        aria-label={t("chat.image.open", { name: file.name })}
        onClick={() => onView(0)}
      >
        <img src={file.thumb_url ?? file.url} alt="" loading="lazy" decoding="async" draggable={false} />
      </button>
    );
  }
  return (
    <div className={styles.mosaic} style={{ aspectRatio: String(mosaic.ratio) }}>
      {mosaic.tiles.map(({ file, grow, more }, index) => (
        <button
          key={file.id}
          type="button"
          className={styles.image}
          style={{ flexGrow: grow }}
          aria-label={
            more > 0 ? t("chat.image.more", { count: more }) : t("chat.image.open", { name: file.name })
          }
          onClick={() => onView(index)}
        >
          <img src={file.thumb_url ?? file.url} alt="" loading="lazy" decoding="async" draggable={false} />
          {more > 0 && <span className={styles.more}>+{more}</span>}
        </button>
      ))}
    </div>
  );
}

function FileSign({ type }: { type: string }) {
  if (type.startsWith("audio/")) return <IconMusic {...ICON} />;
  if (type.startsWith("video/")) return <IconMovie {...ICON} />;
  if (/zip|tar|gzip|7z|rar/.test(type)) return <IconFileZip {...ICON} />;
  if (type.startsWith("text/") || /pdf|document|json/.test(type)) return <IconFileText {...ICON} />;
  return <IconFile {...ICON} />;
}

/** The end of the name says the type better than the media type does. */
function typeOf(file: FileInfo): string {
  const dot = file.name.lastIndexOf(".");
  return dot > 0 && file.name.length - dot <= 6 ? file.name.slice(dot + 1).toUpperCase() : file.media_type;
}

function FileCard({ file }: { file: FileInfo }) {
  const { t } = useTranslation();
  return (
    <a
      className={styles.file}
      href={file.url}
      download={file.name}
      aria-label={t("chat.download", { name: file.name })}
    >
      <span className={styles.sign}>
        <FileSign type={file.media_type} />
      </span>
      <span className={styles.words}>
        <span className={styles.name}>{file.name}</span>
        <span className={styles.note}>
          {typeOf(file)}, {bytesText(file.size)}
        </span>
      </span>
      <IconDownload {...ICON} />
    </a>
  );
}
