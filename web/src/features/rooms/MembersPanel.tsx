import { Button } from "@mantine/core";
import { IconUserMinus, IconUserPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import { isHere } from "../../client/names";
import { mayHost, mayModerate } from "../../client/rights";
import { isTalk } from "../../client/rooms";
import type { Person, PersonId, Room } from "../../client/types";
import { Face } from "../../ui/Face";
import { IconButton } from "../../ui/IconButton";
import { ICON_SMALL } from "../../ui/icon";
import { Panel } from "../../ui/Panel";
import { useMe } from "../../ui/plaza";
import { AddPeople } from "./AddPeople";
import { useMembers, useTalkPeers } from "./hooks";
import styles from "./MembersPanel.module.css";

interface MembersPanelProps {
  room: Room;
  onClose: () => void;
  onPerson: (person: PersonId) => void;
}

export default function MembersPanel({ room, onClose, onPerson }: MembersPanelProps) {
  const { t } = useTranslation();
  const me = useMe();
  const { members, reload } = useMembers(room.id);
  const [adding, setAdding] = useState(false);
  const talks = useTalkPeers();
  const here = members.filter(isHere);
  const away = members.filter((person) => !isHere(person));
  // Offline nobody is known to be here: one list under no name.
  const known = members.every((person) => person.presence !== "unknown");
  const mayAdd = room.me !== null && !room.archived && !isTalk(room) && mayHost(me);
  const remove = (person: Person) => void api.removeMember(room.id, person.id).then(reload);
  const mayRemove = mayModerate(me) && !isTalk(room);
  const list = (people: Person[]) =>
    people.map((person) => (
      <li key={person.id} className={styles.member}>
        <button
          type="button"
          className={styles.person}
          disabled={person.id === me?.id || (!mayHost(me) && !talks.has(person.id))}
          title={t("rooms.talkTo", { name: person.display_name })}
          onClick={() => onPerson(person.id)}
        >
          <Face person={person} size={32} presence={person.presence} />
          <span className={styles.words}>
            <span className={styles.name}>{person.display_name}</span>
            <span className={styles.note}>
              {person.id === me?.id ? t("common.you") : t(`common.role.${person.role}`)}
            </span>
          </span>
        </button>
        {mayRemove && person.id !== me?.id && (
          <IconButton
            label={t("rooms.removeMember", { name: person.display_name })}
            className={styles.remove}
            onClick={() => remove(person)}
          >
            <IconUserMinus {...ICON_SMALL} />
          </IconButton>
        )}
      </li>
    ));
  return (
    <Panel title={t("rooms.members")} note={String(room.member_count)} onClose={onClose}>
      {mayAdd && !adding && (
        <Button fullWidth leftSection={<IconUserPlus {...ICON_SMALL} />} onClick={() => setAdding(true)}>
          {t("rooms.addPeople")}
        </Button>
      )}
      {adding && (
        <AddPeople
          room={room}
          members={members}
          onDone={() => {
            setAdding(false);
            reload();
          }}
        />
      )}
      {here.length > 0 && <h3 className={styles.section}>{t("rooms.here")}</h3>}
      <ul className={styles.list}>{list(here)}</ul>
      {known && away.length > 0 && <h3 className={styles.section}>{t("rooms.notHere")}</h3>}
      <ul className={styles.list}>{list(away)}</ul>
    </Panel>
  );
}
