import { Button } from "@mantine/core";
import { IconAlertTriangle, IconInfoCircle, IconVolumeOff, IconX } from "@tabler/icons-react";
import { type ReactNode, useEffect } from "react";
import { useAfter } from "../../ui/hooks";
import { IconButton } from "../../ui/IconButton";
import { ICON_SMALL } from "../../ui/icon";
import { useCall, useCallState, useWords } from "./context";
import styles from "./Stage.module.css";

interface StripsProps {
  onDevices: () => void;
  /** What a moderator's act was refused with. */
  refused: string | null;
  onRefusedSeen: () => void;
}

/** What one has to know now, each on a line of its own: the line, the sound, the devices. */
export function Strips({ onDevices, refused, onRefusedSeen }: StripsProps) {
  const t = useWords();
  const { session } = useCall();
  const reconnecting = useCallState(({ phase }) => phase.name === "reconnecting");
  const blocked = useCallState(({ soundBlocked }) => soundBlocked);
  const troubles = useCallState((state) => state.troubles);
  return (
    <>
      {reconnecting && <Reconnecting />}
      {blocked && (
        <Strip icon={<IconVolumeOff {...ICON_SMALL} />} level="warn">
          {t("soundBlocked")}
          <Button size="sm" onClick={session.startSound}>
            {t("soundStart")}
          </Button>
        </Strip>
      )}
      {(["microphone", "camera", "screen"] as const).map((source) => {
        const problem = troubles[source];
        if (problem === undefined) return null;
        return (
          <Strip key={source} icon={<IconAlertTriangle {...ICON_SMALL} />} level="bad">
            {t(`problem.${problem}.${source}`)}
            {source !== "screen" && problem !== "insecure" && (
              <Button size="sm" onClick={onDevices}>
                {t("problem.choose")}
              </Button>
            )}
          </Strip>
        );
      })}
      <NoticeStrip />
      {refused !== null && (
        <Strip icon={<IconAlertTriangle {...ICON_SMALL} />} level="bad" onClose={onRefusedSeen}>
          {t("refusedAct", { why: refused })}
        </Strip>
      )}
    </>
  );
}

const LONG_MS = 12_000;

function Reconnecting() {
  const t = useWords();
  const long = useAfter(LONG_MS);
  return (
    <Strip icon={<span className={styles.pulse} aria-hidden="true" />} level="warn">
      {t(long ? "reconnectingLong" : "reconnecting")}
    </Strip>
  );
}

const NOTICE_MS = 6000;

function NoticeStrip() {
  const t = useWords();
  const { session } = useCall();
  const notice = useCallState((state) => state.notice);
  useEffect(() => {
    if (notice === null) return;
    const timer = setTimeout(session.noticed, NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice, session]);
  if (notice === null) return null;
  return (
    <Strip icon={<IconInfoCircle {...ICON_SMALL} />} level="info" onClose={session.noticed}>
      {t(`notice.${notice}`)}
    </Strip>
  );
}

interface StripProps {
  icon: ReactNode;
  level: "info" | "warn" | "bad";
  children: ReactNode;
  onClose?: () => void;
}

function Strip({ icon, level, children, onClose }: StripProps) {
  const t = useWords();
  return (
    <div className={styles.strip} data-level={level} role={level === "bad" ? "alert" : "status"}>
      {icon}
      {children}
      {onClose !== undefined && (
        <IconButton label={t("close")} size={28} onClick={onClose}>
          <IconX {...ICON_SMALL} />
        </IconButton>
      )}
    </div>
  );
}
