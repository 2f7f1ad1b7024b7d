import { Button, Switch } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCallPreferences } from "../../ui/calls";
import { PageHead } from "../../ui/pages/PageHead";
import { Setting } from "../../ui/pages/Setting";
import { keepNotices, type NoticeChoice, storedNotices } from "./device";
import { usePermission } from "./hooks";
import styles from "./Settings.module.css";
import { playNotice } from "./sound";

/** What happens here, on this device, when somebody mentions me or writes to me. */
export function Notifications() {
  const { t } = useTranslation();
  const { permission, ask } = usePermission();
  const [choice, setChoice] = useState<NoticeChoice>(storedNotices);
  const [{ ringSound }, chooseCalls] = useCallPreferences();
  function keep(next: NoticeChoice) {
    keepNotices(next);
    setChoice(next);
  }
  async function turn(on: boolean) {
    if (!on) return keep({ ...choice, notify: false });
    if ((await ask()) === "granted") keep({ ...choice, notify: true });
  }
  return (
    <>
      <PageHead title={t("settings.notifications")} note={t("settings.notificationsLead")} />
      <Setting
        id="notify"
        title={t("settings.notify")}
        note={t("settings.notifyNote")}
        control={
          <Switch
            aria-label={t("settings.notify")}
            checked={choice.notify && permission === "granted"}
            disabled={permission === "unsupported" || permission === "denied"}
            onChange={(event) => void turn(event.currentTarget.checked)}
          />
        }
      >
        {permission === "denied" || permission === "unsupported" ? (
          <p className={styles.hint} role="status">
            {t(permission === "denied" ? "settings.notifyDenied" : "settings.notifyUnsupported")}
          </p>
        ) : undefined}
      </Setting>
      <Setting
        id="sound"
        title={t("settings.sound")}
        note={t("settings.soundNote")}
        control={
          <div className={styles.pair}>
            <Button size="sm" onClick={playNotice}>
              {t("settings.soundTry")}
            </Button>
            <Switch
              aria-label={t("settings.sound")}
              checked={choice.sound}
              onChange={(event) => keep({ ...choice, sound: event.currentTarget.checked })}
            />
          </div>
        }
      />
      <Setting
        id="ring"
        title={t("settings.ring")}
        note={t("settings.ringNote")}
        control={
          <Switch
            aria-label={t("settings.ring")}
            checked={ringSound}
            onChange={(event) => chooseCalls({ ringSound: event.currentTarget.checked })}
          />
        }
      />
    </>
  );
}
