import { TextInput } from "@mantine/core";
import { IconHash, IconSearch, IconUser, IconX } from "@tabler/icons-react";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { PersonId, RoomId } from "../../client/types";
import { ICON_SMALL } from "../../ui/icon";
import { usePerson, useRoom } from "../../ui/plaza";
import { type Suggestion, useSuggestions } from "./hooks";
import { typing } from "./query";
import styles from "./SearchPanel.module.css";

export interface QueryFieldProps {
  text: string;
  onText: (text: string) => void;
  within: RoomId | null;
  onWithin: (room: RoomId | null) => void;
  from: PersonId | null;
  onFrom: (person: PersonId | null) => void;
}

/** The words, the filters that are set, and what fits a filter half typed. */
export function QueryField({ text, onText, within, onWithin, from, onFrom }: QueryFieldProps) {
  const { t } = useTranslation();
  const [at, setAt] = useState(0);
  const room = useRoom(within);
  const person = usePerson(from);
  const typed = typing(text);
  const suggestions = useSuggestions(typed);
  const chosen = suggestions[Math.min(at, suggestions.length - 1)];

  function choose(one: Suggestion | undefined) {
    if (one === undefined || typed === null) return;
    if (one.kind === "in") onWithin(one.id);
    else onFrom(one.id);
    onText(typed.rest === "" ? "" : `${typed.rest} `);
    setAt(0);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing || event.keyCode === 229 || suggestions.length === 0) return;
    if (event.key === "ArrowDown") setAt((at + 1) % suggestions.length);
    else if (event.key === "ArrowUp") setAt((at + suggestions.length - 1) % suggestions.length);
    else if (event.key === "Enter" || event.key === "Tab") choose(chosen);
    else return;
    event.preventDefault();
  }

  return (
    <div className={styles.query}>
      <TextInput
        value={text}
        onChange={(event) => onText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        placeholder={t("search.placeholder")}
        aria-label={t("search.placeholder")}
        leftSection={<IconSearch {...ICON_SMALL} />}
        autoFocus
        autoComplete="off"
        spellCheck={false}
        {...(suggestions.length > 0 && {
          role: "combobox",
          "aria-expanded": true,
          "aria-controls": "search-suggestions",
          "aria-activedescendant": chosen && `search-${chosen.id}`,
        })}
      />
      {suggestions.length > 0 ? (
        <div
          className={styles.suggestions}
          role="listbox"
          id="search-suggestions"
          aria-label={t("search.suggestions")}
        >
          {suggestions.map((one) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys of the whole list.
            <div
              key={one.id}
              id={`search-${one.id}`}
              role="option"
              tabIndex={-1}
              aria-selected={one === chosen}
              className={styles.suggestion}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => choose(one)}
            >
              {one.kind === "in" ? <IconHash {...ICON_SMALL} /> : <IconUser {...ICON_SMALL} />}
              {one.label}
            </div>
          ))}
        </div>
      ) : null}
      <div className={styles.chips}>
        {room === undefined ? (
          <span className={styles.scope}>{t("search.allRooms")}</span>
        ) : (
          <Chip
            label={t("search.in", { room: room.name || t("search.thisTalk") })}
            onRemove={() => onWithin(null)}
          >
            <IconHash size={14} stroke={1.75} aria-hidden="true" />
          </Chip>
        )}
        {person === undefined ? null : (
          <Chip label={t("search.from", { name: person.display_name })} onRemove={() => onFrom(null)}>
            <IconUser size={14} stroke={1.75} aria-hidden="true" />
          </Chip>
        )}
      </div>
    </div>
  );
}

function Chip({ label, onRemove, children }: { label: string; onRemove: () => void; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      className={styles.chip}
      onClick={onRemove}
      aria-label={t("search.removeFilter", { label })}
    >
      {children}
      <span>{label}</span>
      <IconX size={14} stroke={1.75} aria-hidden="true" />
    </button>
  );
}
