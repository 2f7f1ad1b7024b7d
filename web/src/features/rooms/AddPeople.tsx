import { Button } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import { asApiError } from "../../client/error";
import type { ErrorCode, Person, PersonId, Room } from "../../client/types";
import styles from "./forms.module.css";
import { PeoplePicker } from "./PeoplePicker";

interface AddPeopleProps {
  room: Room;
  members: Person[];
  onDone: () => void;
}

export function AddPeople({ room, members, onDone }: AddPeopleProps) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<PersonId[]>([]);
  const [error, setError] = useState<ErrorCode | null>(null);
  const without = useMemo(() => new Set(members.map((member) => member.id)), [members]);
  const submit = () => {
    api.addMembers(room.id, chosen).then(onDone, (thrown: unknown) => setError(asApiError(thrown).code));
  };
  return (
    <div className={styles.stack}>
      <PeoplePicker chosen={chosen} onChange={setChosen} without={without} />
      {error !== null && (
        <p className={styles.error} role="alert">
          {t(`common.error.${error}`)}
        </p>
      )}
      <div className={styles.buttons}>
        <Button variant="filled" disabled={chosen.length === 0} onClick={submit}>
          {t("rooms.addSelected", { count: chosen.length })}
        </Button>
        <Button onClick={onDone}>{t("common.cancel")}</Button>
      </div>
    </div>
  );
}
