import { Switch } from "@mantine/core";
import { canRecognise } from "../../media/recogniser";
import { useCallPreferences } from "../../ui/calls";
import { Dialog } from "../../ui/Dialog";
import { useCall, useCallState, useWords } from "./context";
import { DeviceFields } from "./DeviceFields";
import styles from "./Dialogs.module.css";
import { Meter } from "./Meter";
import { usePreview } from "./usePreview";

/** Devices, how the sound is cleaned, how one talks. Takes effect at once. */
export function DevicesDialog({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const { session } = useCall();
  const open = useCallState(({ wish }) => wish.microphone);
  const { preview, state } = usePreview({ microphone: open, camera: false });
  return (
    <Dialog title={t("settings.title")} onClose={onClose}>
      <div className={styles.stack}>
        <DeviceFields
          devices={state.devices}
          kinds={["microphone", "camera", "speaker"]}
          onChosen={(kind, id) => {
            session.takeDevice(kind, id);
            if (kind === "microphone" && open) void preview.show("microphone", true);
          }}
        />
        <Meter level={preview.level} />
        <p className={styles.note}>{t("settings.levelNote")}</p>
        <Choices />
      </div>
    </Dialog>
  );
}

function Choices() {
  const t = useWords();
  const [chosen, choose] = useCallPreferences();
  const rows = [
    ["noiseSuppression", t("settings.noise"), t("settings.noiseNote")],
    ["echoCancellation", t("settings.echo"), t("settings.echoNote")],
    ["pushToTalk", t("settings.talk"), t("settings.talkNote")],
    [
      "captions",
      t("settings.captions"),
      t(canRecognise() ? "settings.captionsNote" : "settings.captionsNone"),
    ],
  ] as const;
  return rows.map(([key, label, note]) => (
    <Switch
      key={key}
      label={label}
      description={note}
      checked={chosen[key]}
      onChange={(event) => choose({ [key]: event.currentTarget.checked })}
    />
  ));
}
