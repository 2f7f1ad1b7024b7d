import { Button } from "@mantine/core";
import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../client/error";
import { Problem } from "../../ui/Problem";
import { type Crop, MIDDLE, moved, ZOOM_MAX, zoomed } from "./crop";
import { useCropDrawing, usePixels } from "./hooks";
import styles from "./Settings.module.css";

export interface AvatarCropProps {
  file: File;
  pending: boolean;
  onDone: (image: Blob) => void;
  onCancel: () => void;
}

/** Edge of the picture that is sent, in pixels: enough for the largest face on a dense screen. */
const EDGE_PX = 512;
const FRAME_PX = 224;
const STEP_PX = 12;

export function AvatarCrop(props: AvatarCropProps) {
  const { t } = useTranslation();
  const pixels = usePixels(props.file);
  if (pixels === "unreadable") {
    return (
      <>
        <Problem error={new ApiError("unsupported_media")} />
        <Button onClick={props.onCancel}>{t("common.back")}</Button>
      </>
    );
  }
  return pixels === null ? null : <Cutter {...props} pixels={pixels} />;
}

function Cutter({ pixels, pending, onDone, onCancel }: AvatarCropProps & { pixels: ImageBitmap }) {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [crop, setCrop] = useState<Crop>(MIDDLE);
  useCropDrawing(canvas, pixels, crop);
  const move = (x: number, y: number) => setCrop((now) => moved(pixels, now, { x, y }, FRAME_PX));

  function onPointerMove(event: PointerEvent<HTMLCanvasElement>) {
    if (event.buttons === 1) move(event.movementX, event.movementY);
  }

  function onKeyDown(event: KeyboardEvent) {
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [STEP_PX, 0],
      ArrowRight: [-STEP_PX, 0],
      ArrowUp: [0, STEP_PX],
      ArrowDown: [0, -STEP_PX],
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    move(...step);
  }

  return (
    <div className={styles.crop}>
      {/* biome-ignore lint/a11y/useSemanticElements: a canvas that is moved by hand has no element of its own. */}
      <div
        role="group"
        aria-label={t("settings.cropFrame")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the picture, as the pointer does.
        tabIndex={0}
        onKeyDown={onKeyDown}
        className={styles.frameHold}
      >
        <canvas
          ref={canvas}
          className={styles.frame}
          width={EDGE_PX}
          height={EDGE_PX}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={onPointerMove}
        />
      </div>
      <div className={styles.cropSide}>
        <label className={styles.rangeLabel}>
          {t("settings.cropZoom")}
          <input
            className={styles.range}
            type="range"
            min={1}
            max={ZOOM_MAX}
            step={0.01}
            value={crop.zoom}
            onChange={(event) => setCrop(zoomed(pixels, crop, Number(event.currentTarget.value)))}
          />
        </label>
        <p className={styles.hint}>{t("settings.cropHint")}</p>
        <div className={styles.buttons}>
          <Button
            variant="filled"
            loading={pending}
            onClick={() => canvas.current?.toBlob((image) => image && onDone(image), "image/jpeg", 0.9)}
          >
            {t("settings.cropUse")}
          </Button>
          <Button onClick={onCancel}>{t("common.cancel")}</Button>
        </div>
      </div>
    </div>
  );
}
