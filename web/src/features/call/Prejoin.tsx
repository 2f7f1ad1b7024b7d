import { Button, Checkbox } from "@mantine/core";
import { IconMicrophone, IconMicrophoneOff, IconVideo, IconVideoOff, IconX } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import type { Room } from "../../client/types";
import { useCallPreferences } from "../../ui/calls";
import { Face } from "../../ui/Face";
import { IconButton } from "../../ui/IconButton";
import { ICON } from "../../ui/icon";
import { useMe } from "../../ui/plaza";
import controls from "./Controls.module.css";
import { useCall, useCallState, useWords } from "./context";
import { DeviceFields } from "./DeviceFields";
import { useNames } from "./hooks";
import { Meter } from "./Meter";
import styles from "./Prejoin.module.css";
import { usePreview } from "./usePreview";

const BIG = { ...ICON, size: 20 };

/** How one will be seen and heard, who is in, and the way in. */
export function Prejoin({ room }: { room: Room }) {
  const t = useWords();
  const { session } = useCall();
  const joining = useCallState(({ phase }) => phase.name === "joining");
  const [chosen, choose] = useCallPreferences();
  const { startMicrophone, startCamera, pushToTalk } = chosen;
  const { preview, state } = usePreview({ microphone: startMicrophone, camera: startCamera });
  const users = room.call?.users ?? [];
  const inIt = useNames(users);
  const join = () =>
    session.join({ microphone: startMicrophone && !pushToTalk, camera: startCamera, screen: false });
  return (
    <section className={styles.prejoin} aria-label={t("preview.title")}>
      <header className={styles.head}>
        <h2 className={styles.title}>{t("preview.title")}</h2>
        <IconButton label={t("close")} onClick={session.leave}>
          <IconX {...ICON} />
        </IconButton>
      </header>
      <div className={styles.body}>
        <div className={styles.view}>
          <Picture stream={state.camera} />
          <div className={styles.toggles}>
            <button
              type="button"
              className={controls.control}
              data-off={!startMicrophone || undefined}
              aria-label={t(startMicrophone ? "microphone.on" : "microphone.off")}
              onClick={() => choose({ startMicrophone: !startMicrophone })}
            >
              {startMicrophone ? <IconMicrophone {...BIG} /> : <IconMicrophoneOff {...BIG} />}
            </button>
            <button
              type="button"
              className={controls.control}
              data-off={!startCamera || undefined}
              aria-label={t(startCamera ? "camera.on" : "camera.off")}
              onClick={() => choose({ startCamera: !startCamera })}
            >
              {startCamera ? <IconVideo {...BIG} /> : <IconVideoOff {...BIG} />}
            </button>
          </div>
        </div>
        <div className={styles.fields}>
          {(["microphone", "camera"] as const).map((what) => {
            const problem = state.problems[what];
            return problem === undefined ? null : (
              <p key={what} className={styles.problem} role="alert">
                {t(`problem.${problem}.${what}`)}
              </p>
            );
          })}
          <DeviceFields
            devices={state.devices}
            kinds={["microphone", "camera", "speaker"]}
            onChosen={(kind) => {
              if (kind === "microphone" && startMicrophone) void preview.show("microphone", true);
              if (kind === "camera" && startCamera) void preview.show("camera", true);
            }}
          />
          <Meter level={preview.level} />
          <Checkbox
            label={t("preview.noAsk")}
            checked={!chosen.ask}
            onChange={(event) => choose({ ask: !event.currentTarget.checked })}
          />
          <p className={styles.who}>
            {users.length > 0 ? t("preview.inIt", { names: inIt }) : t("preview.nobody")}
          </p>
          <JoinButton joining={joining} first={users.length === 0} onJoin={join} />
        </div>
      </div>
    </section>
  );
}

function JoinButton({ joining, first, onJoin }: { joining: boolean; first: boolean; onJoin: () => void }) {
  const t = useWords();
  const ref = useRef<HTMLButtonElement>(null);
  // The keyboard goes straight on: Enter joins.
  useEffect(() => ref.current?.focus(), []);
  return (
    <Button ref={ref} variant="filled" size="lg" loading={joining} aria-busy={joining} onClick={onJoin}>
      {joining ? t("preview.joining") : t(first ? "preview.start" : "preview.join")}
    </Button>
  );
}

/** My own camera as a mirror, or my face while it is off. */
function Picture({ stream }: { stream: MediaStream | null }) {
  const t = useWords();
  const me = useMe();
  const ref = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (ref.current !== null) ref.current.srcObject = stream;
  }, [stream]);
  return (
    <div className={styles.picture}>
      {stream === null ? (
        <>
          {me !== null && <Face person={me} size={88} />}
          <span className={styles.off}>{t("preview.cameraOff")}</span>
        </>
      ) : (
        <video ref={ref} muted autoPlay playsInline aria-label={t("preview.self")} />
      )}
    </div>
  );
}
