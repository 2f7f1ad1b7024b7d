import { Button } from "@mantine/core";
import { IconDeviceMobile, IconPhoneOff, IconPlugConnectedX } from "@tabler/icons-react";
import type { EndReason } from "../../media/call";
import { startingWish } from "../../media/session";
import { useCallPreferences } from "../../ui/calls";
import { ICON_LARGE } from "../../ui/icon";
import { useCall, useCallState, useWords } from "./context";
import styles from "./Stage.module.css";

/** Nothing that one does here changes these. */
const FINAL: ReadonlySet<EndReason> = new Set<EndReason>(["removed", "refused", "unsupported"]);

/** Why the call is over here, and what can be done. */
export function Ended() {
  const t = useWords();
  const { session } = useCall();
  const [chosen] = useCallPreferences();
  const phase = useCallState((state) => state.phase);
  if (phase.name !== "ended") return null;
  const { reason } = phase;
  const Icon =
    reason === "moved"
      ? IconDeviceMobile
      : reason === "gone" || reason === "unreachable"
        ? IconPlugConnectedX
        : IconPhoneOff;
  return (
    <div className={styles.ended} role="alert">
      <Icon {...ICON_LARGE} size={28} />
      <h2>{t(`ended.${reason}`)}</h2>
      <p>{t(`endedNote.${reason}`)}</p>
      <div className={styles.endedButtons}>
        {!FINAL.has(reason) && (
          <Button variant="filled" onClick={() => session.join(startingWish(chosen))}>
            {t(reason === "moved" ? "bringHere" : "again")}
          </Button>
        )}
        <Button onClick={session.leave}>{t("close")}</Button>
      </div>
    </div>
  );
}
