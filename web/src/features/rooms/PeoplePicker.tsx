import { TextInput } from "@mantine/core";
import { IconCheck, IconSearch, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { PersonId } from "../../client/types";
import { Face } from "../../ui/Face";
import { ICON_SMALL } from "../../ui/icon";
import { useRoomsState } from "../../ui/plaza";
import { usePeopleFinder } from "./hooks";
import styles from "./PeoplePicker.module.css";

interface PeoplePickerProps {
  chosen: PersonId[];
  onChange: (chosen: PersonId[]) => void;
  /** Who cannot be chosen: those who are in already. */
  without: ReadonlySet<PersonId>;
}

/** Chosen people as chips, a field to find others by name or pinyin, and the list of those who fit. */
export function PeoplePicker({ chosen, onChange, without }: PeoplePickerProps) {
  const { t } = useTranslation();
  const people = useRoomsState((state) => state.people);
  const { query, setQuery, found } = usePeopleFinder(without);
  const toggle = (id: PersonId) => {
    onChange(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]);
  };
  return (
    <div>
      {chosen.length > 0 && (
        <div className={styles.chips}>
          {chosen.map((id) => (
            <button key={id} type="button" className={styles.chip} onClick={() => toggle(id)}>
              {people[id]?.display_name}
              <IconX {...ICON_SMALL} size={14} />
            </button>
          ))}
        </div>
      )}
      <TextInput
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        placeholder={t("rooms.findPeople")}
        aria-label={t("rooms.findPeople")}
        leftSection={<IconSearch {...ICON_SMALL} />}
        data-autofocus
      />
      <ul className={styles.list}>
        {found.map((person) => (
          <li key={person.id}>
            <button
              type="button"
              className={styles.person}
              aria-pressed={chosen.includes(person.id)}
              onClick={() => toggle(person.id)}
            >
              <Face person={person} size={24} presence={person.presence} />
              <span>{person.display_name}</span>
              {chosen.includes(person.id) && <IconCheck {...ICON_SMALL} />}
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && (
        <p className={styles.none}>{t(query === "" ? "rooms.everybodyIsIn" : "rooms.nobodyFits")}</p>
      )}
    </div>
  );
}
