import { Button, Switch, TextInput } from "@mantine/core";
import { type ChangeEvent, type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import { asApiError } from "../../client/error";
import { mayHost, mayKeep, mayModerate } from "../../client/rights";
import { isTalk } from "../../client/rooms";
import type { NotifyLevel, Room, Speakers } from "../../client/types";
import { Panel } from "../../ui/Panel";
import { useMe } from "../../ui/plaza";
import styles from "./forms.module.css";
import { useMaker, useRoomChange } from "./hooks";
import { LeaveAndArchive } from "./LeaveAndArchive";

interface RoomSettingsProps {
  room: Room;
  name: string;
  onClose: () => void;
  onMembers: () => void;
  onLeft: () => void;
}

const LEVELS: NotifyLevel[] = ["all", "mentions", "nothing"];
const LEVEL_TEXT = {
  all: "rooms.settings.notifyAll",
  mentions: "rooms.settings.notifyMentions",
  nothing: "rooms.settings.notifyNothing",
} as const;

export default function RoomSettings({ room, name, onClose, onMembers, onLeft }: RoomSettingsProps) {
  const { t } = useTranslation();
  const me = useMe();
  const preferences = useRoomChange((body: { pinned?: boolean; notify?: NotifyLevel }) =>
    api.preferences(room.id, body),
  );
  const maker = useMaker(room.id);
  const mayKeepRoom = !isTalk(room) && room.me !== null && mayKeep(me, maker);
  const mayTopic = !isTalk(room) && room.me !== null && !room.archived && mayHost(me);
  return (
    <Panel title={t("rooms.roomSettings")} note={t(`rooms.kind.${room.kind}`)} onClose={onClose}>
      <div className={styles.stack}>
        {mayTopic && <NameAndTopic key={room.id} room={room} mayRename={mayKeepRoom} />}
        <Button onClick={onMembers}>{t("rooms.memberCount", { count: room.member_count })}</Button>
        {room.me !== null && (
          <>
            {!isTalk(room) && (mayKeepRoom || mayModerate(me)) && <StageSetting room={room} />}
            <div className={styles.setting}>
              <Switch
                checked={room.me.pinned}
                label={t("rooms.settings.pin")}
                description={t("rooms.settings.pinNote")}
                onChange={(event) => preferences.mutate({ pinned: event.currentTarget.checked })}
              />
            </div>
            <fieldset className={styles.kinds}>
              <legend className={styles.settingHead}>{t("rooms.settings.notify")}</legend>
              {LEVELS.map((level) => (
                <label key={level} className={styles.kind}>
                  <input
                    type="radio"
                    name="notify"
                    checked={room.me?.notify === level}
                    onChange={() => preferences.mutate({ notify: level })}
                  />
                  <span className={styles.kindName} style={{ gridColumn: "1 / -1" }}>
                    {t(LEVEL_TEXT[level])}
                  </span>
                </label>
              ))}
              <p className={styles.note}>{t("rooms.settings.notifyNote")}</p>
            </fieldset>
            <LeaveAndArchive room={room} name={name} mayArchive={mayKeepRoom} onLeft={onLeft} />
          </>
        )}
      </div>
    </Panel>
  );
}

/** Whether everybody speaks in calls here, or only who was chosen. */
function StageSetting({ room }: { room: Room }) {
  const { t } = useTranslation();
  const change = useRoomChange((speakers: Speakers) => api.patchRoom(room.id, { speakers }));
  return (
    <div className={styles.setting}>
      <Switch
        checked={room.speakers === "chosen"}
        label={t("rooms.settings.stage")}
        description={t("rooms.settings.stageNote")}
        error={change.error === null ? null : t(`common.error.${asApiError(change.error).code}`)}
        onChange={(event) => change.mutate(event.currentTarget.checked ? "chosen" : "everyone")}
      />
    </div>
  );
}

function NameAndTopic({ room, mayRename }: { room: Room; mayRename: boolean }) {
  const { t } = useTranslation();
  const [name, setName] = useState(room.name);
  const [topic, setTopic] = useState(room.topic);
  const change = useRoomChange((body: { name?: string; topic?: string }) => api.patchRoom(room.id, body));
  const changed = name.trim() !== room.name || topic.trim() !== room.topic;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body: { name?: string; topic?: string } = {};
    if (name.trim() !== room.name) body.name = name.trim();
    if (topic.trim() !== room.topic) body.topic = topic.trim();
    change.mutate(body);
  };
  const refused = change.error === null ? null : asApiError(change.error);
  const problem = refused === null ? null : t(`common.error.${refused.code}`);
  const atTopic = refused?.field === "topic" || !mayRename;
  const edit = (set: (value: string) => void) => (event: ChangeEvent<HTMLInputElement>) => {
    set(event.currentTarget.value);
    change.reset();
  };
  return (
    <form className={styles.stack} onSubmit={submit}>
      {mayRename && (
        <TextInput
          label={t("rooms.settings.name")}
          value={name}
          onChange={edit(setName)}
          error={atTopic ? null : problem}
        />
      )}
      <TextInput
        label={t("rooms.settings.topic")}
        value={topic}
        onChange={edit(setTopic)}
        error={atTopic ? problem : null}
      />
      {changed && (
        <Button type="submit" variant="filled" disabled={name.trim() === ""} loading={change.isPending}>
          {t("common.save")}
        </Button>
      )}
    </form>
  );
}
