// The preview before a call, and behind the settings while one is in: opened when shown, closed when gone.
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { openPreview, type Preview, type PreviewState } from "../../media/preview";
import { useCalls } from "../../ui/calls";

export function usePreview(wanted: { microphone: boolean; camera: boolean }): {
  preview: Preview;
  state: PreviewState;
} {
  const { preferences } = useCalls();
  const [preview] = useState(() => openPreview(preferences));
  const { microphone, camera } = wanted;
  useEffect(() => void preview.show("microphone", microphone), [preview, microphone]);
  useEffect(() => void preview.show("camera", camera), [preview, camera]);
  useEffect(() => () => preview.stop(), [preview]);
  return { preview, state: useStore(preview.store) };
}
