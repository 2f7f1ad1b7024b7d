import { Button, TextInput } from "@mantine/core";
import { IconHash, IconLock, IconMessage } from "@tabler/icons-react";
import { type FormEvent, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import { asApiError } from "../../client/error";
import type { ErrorCode, PersonId, RoomId, RoomKind } from "../../client/types";
import { Dialog } from "../../ui/Dialog";
import { ICON } from "../../ui/icon";
import { useMe, usePlaza } from "../../ui/plaza";
import styles from "./forms.module.css";
import { PeoplePicker } from "./PeoplePicker";

interface CreateRoomProps {
  onClose: () => void;
  onCreated: (room: RoomId) => void;
}

const CHOICES = ["open", "closed", "talk"] as const;
type Choice = (typeof CHOICES)[number];
const ICONS = { open: IconHash, closed: IconLock, talk: IconMessage };

function kindOf(choice: Choice, people: number): RoomKind {
  if (choice !== "talk") return choice;
  return people === 1 ? "direct" : "group";
}

export default function CreateRoom({ onClose, onCreated }: CreateRoomProps) {
  const { t } = useTranslation();
  const plaza = usePlaza();
  const me = useMe();
  const [choice, setChoice] = useState<Choice>("open");
  const [name, setName] = useState("");
  const [topic, setTopic] = useState("");
  const [members, setMembers] = useState<PersonId[]>([]);
  const [error, setError] = useState<ErrorCode | null>(null);
  const without = useMemo(() => new Set([me?.id ?? ""]), [me?.id]);
  const talk = choice === "talk";
  const ready = talk ? members.length > 0 : name.trim() !== "";

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    const body = talk
      ? { kind: kindOf(choice, members.length), name: "", topic: "", members }
      : { kind: kindOf(choice, 0), name: name.trim(), topic: topic.trim(), members };
    api.createRoom(body).then(
      (room) => {
        plaza.tookRoom(room);
        onCreated(room.id);
      },
      (thrown: unknown) => setError(asApiError(thrown).code),
    );
  };

  return (
    <Dialog title={t("rooms.create.title")} onClose={onClose}>
      <form className={styles.stack} onSubmit={submit}>
        <fieldset className={styles.kinds}>
          <legend className="visually-hidden">{t("rooms.create.title")}</legend>
          {CHOICES.map((each) => {
            const Icon = ICONS[each];
            return (
              <label key={each} className={styles.kind}>
                <input type="radio" name="kind" checked={choice === each} onChange={() => setChoice(each)} />
                <Icon {...ICON} />
                <span className={styles.kindName}>{t(`rooms.create.${each}`)}</span>
                <span className={styles.kindNote}>{t(`rooms.create.${each}Note`)}</span>
              </label>
            );
          })}
        </fieldset>
        {!talk && (
          <>
            <TextInput
              label={t("rooms.create.name")}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              error={error !== null && t(`common.error.${error}`)}
              autoFocus
            />
            <TextInput
              label={t("rooms.create.topic")}
              description={t("rooms.create.topicNote")}
              value={topic}
              onChange={(event) => setTopic(event.currentTarget.value)}
            />
          </>
        )}
        {choice !== "open" && <PeoplePicker chosen={members} onChange={setMembers} without={without} />}
        {talk && error !== null && (
          <p className={styles.error} role="alert">
            {t(`common.error.${error}`)}
          </p>
        )}
        <Button type="submit" variant="filled" disabled={!ready}>
          {t(talk ? "rooms.create.submitTalk" : "rooms.create.submit")}
        </Button>
      </form>
    </Dialog>
  );
}
