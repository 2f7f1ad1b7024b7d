import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import { asApiError } from "../../client/error";
import { mayHost, mayLeave } from "../../client/rights";
import type { ErrorCode, Room } from "../../client/types";
import { useMe, usePlaza, useRoomsState } from "../../ui/plaza";
import styles from "./forms.module.css";

interface LeaveAndArchiveProps {
  room: Room;
  name: string;
  mayArchive: boolean;
  onLeft: () => void;
}

type Asked = "leave" | "archive";

/** What is not undone by a second click stands apart and is confirmed. */
export function LeaveAndArchive({ room, name, mayArchive, onLeft }: LeaveAndArchiveProps) {
  const { t } = useTranslation();
  const plaza = usePlaza();
  const me = useMe();
  const leaves = useRoomsState((state) => mayLeave(state.me, Object.keys(state.rooms).length));
  const [asked, setAsked] = useState<Asked | null>(null);
  const [error, setError] = useState<ErrorCode | null>(null);
  const fail = (thrown: unknown) => setError(asApiError(thrown).code);
  const setArchived = (archived: boolean) => {
    setAsked(null);
    api.patchRoom(room.id, { archived }).then(plaza.tookRoom, fail);
  };
  const leave = () => {
    setAsked(null);
    api.leaveRoom(room.id).then(() => {
      onLeft();
      plaza.leftRoom(room.id);
    }, fail);
  };
  return (
    <>
      {mayArchive && room.kind !== "direct" && (
        <div className={styles.setting}>
          {room.archived ? (
            <Button onClick={() => setArchived(false)}>{t("rooms.settings.unarchive")}</Button>
          ) : (
            <Confirmed
              label={t("rooms.settings.archive")}
              question={t("rooms.settings.archiveConfirm", { name })}
              open={asked === "archive"}
              onAsk={() => setAsked("archive")}
              onCancel={() => setAsked(null)}
              onYes={() => setArchived(true)}
            />
          )}
          <p className={styles.note}>{t("rooms.settings.archiveNote")}</p>
        </div>
      )}
      {leaves && room.kind !== "direct" && (
        <div className={styles.setting}>
          <Confirmed
            label={t("rooms.settings.leave")}
            question={t("rooms.settings.leaveConfirm", { name })}
            open={asked === "leave"}
            onAsk={() => setAsked("leave")}
            onCancel={() => setAsked(null)}
            onYes={leave}
          />
          <p className={styles.note}>
            {t(mayHost(me) ? "rooms.settings.leaveNote" : "rooms.settings.leaveNoteGuest")}
          </p>
        </div>
      )}
      {error !== null && (
        <p className={styles.error} role="alert">
          {t(`common.error.${error}`)}
        </p>
      )}
    </>
  );
}

interface ConfirmedProps {
  label: string;
  question: string;
  open: boolean;
  onAsk: () => void;
  onCancel: () => void;
  onYes: () => void;
}

function Confirmed({ label, question, open, onAsk, onCancel, onYes }: ConfirmedProps) {
  const { t } = useTranslation();
  if (!open) {
    return (
      <Button color="red" onClick={onAsk}>
        {label}
      </Button>
    );
  }
  return (
    <>
      <span className={styles.settingHead}>{question}</span>
      <div className={styles.buttons}>
        <Button color="red" variant="filled" onClick={onYes}>
          {label}
        </Button>
        <Button onClick={onCancel}>{t("common.cancel")}</Button>
      </div>
    </>
  );
}
