import { IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { PersonId, RoomId, SearchHit, Seq } from "../../client/types";
import { useModalDialog } from "../../ui/hooks";
import { Key } from "../../ui/Key";
import { useInSight, useSaidHere, useSections } from "./hooks";
import { ItemLine } from "./ItemLine";
import { SaidLine } from "./SaidLine";
import styles from "./Switcher.module.css";
import { type Item, scopeOf, step } from "./sections";

export interface SwitcherProps {
  /** The room on screen, for "said here" and commands; null outside of a room. */
  room: RoomId | null;
  /** What was typed between the key that opens it and its first paint. */
  typed: () => string;
  onClose: () => void;
  onOpenRoom: (room: RoomId, seq?: Seq) => void;
  /** Opens (or makes) the direct room with this person. */
  onOpenPerson: (person: PersonId) => void;
  onAction: (action: "create-room" | "invite" | "settings" | "admin" | "search") => void;
}

type Line = { name: string; item: Item } | { name: string; hit: SearchHit };

/** Ctrl/⌘K: rooms, people, what was said, what can be done; all from one field, by keyboard. Mounted while open. */
export default function Switcher({
  room,
  typed,
  onClose,
  onOpenRoom,
  onOpenPerson,
  onAction,
}: SwitcherProps) {
  const { t } = useTranslation();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const dialog = useModalDialog(onClose);
  // In the same breath as the dialog opens: no key falls between the two.
  useLayoutEffect(() => setQuery(typed()), [typed]);
  const found = useSections(query, room);
  const said = useSaidHere(query);

  const groups: { name: string; title: string; lines: Line[] }[] = found.map(({ name, items }) => ({
    name,
    title: t(`switcher.section.${name}`),
    lines: items.map((item) => ({ name: item.key, item })),
  }));
  if (said.length > 0) {
    const lines = said.map((hit): Line => ({ name: `hit ${hit.room} ${hit.event.seq}`, hit }));
    const actionsAt = groups.findIndex((group) => group.name === "actions");
    groups.splice(actionsAt < 0 ? groups.length : actionsAt, 0, {
      name: "said",
      title: t("switcher.section.said"),
      lines,
    });
  }
  const lines = groups.flatMap((group) => group.lines);
  const chosen = lines[Math.min(at, lines.length - 1)];
  const idOf = (line: Line) => `switcher-${line.name.replace(/\W/g, "-")}`;
  useInSight(list, chosen && idOf(chosen));

  function choose(line: Line | undefined) {
    if (line === undefined) return;
    onClose();
    if ("hit" in line) return onOpenRoom(line.hit.room, line.hit.event.seq);
    const { item } = line;
    if (item.kind === "room") onOpenRoom(item.room.id);
    else if (item.kind === "person") onOpenPerson(item.person.id);
    else onAction(item.action.action);
  }

  function onKeyDown(event: KeyboardEvent) {
    // While an input method composes, its keys are its own.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : null;
    if (by !== null) setAt(step(Math.min(at, lines.length - 1), by, lines.length));
    else if (event.key === "Enter") choose(chosen);
    else if (event.key !== "Tab") return;
    event.preventDefault();
  }

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it; the click is on what lies around it.
    <dialog
      ref={dialog}
      className={styles.dialog}
      aria-label={t("switcher.title")}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <div className={styles.content}>
        <div className={styles.head}>
          <IconSearch size={20} stroke={1.75} aria-hidden="true" />
          <input
            className={styles.field}
            role="combobox"
            aria-label={t("switcher.title")}
            aria-expanded="true"
            aria-controls="switcher-list"
            aria-activedescendant={chosen && idOf(chosen)}
            aria-autocomplete="list"
            placeholder={t("switcher.placeholder")}
            autoComplete="off"
            spellCheck={false}
            autoFocus
            value={query}
            onChange={(event) => {
              setQuery(event.currentTarget.value);
              setAt(0);
            }}
            onKeyDown={onKeyDown}
          />
          <button type="button" className={styles.close} onClick={onClose} tabIndex={-1}>
            <Key>Esc</Key>
            <span className="visually-hidden">{t("common.close")}</span>
          </button>
        </div>
        <div
          className={styles.list}
          ref={list}
          id="switcher-list"
          role="listbox"
          aria-label={t("switcher.title")}
        >
          {groups.map((group) => (
            // biome-ignore lint/a11y/useSemanticElements: a group of options inside a listbox has no element of its own.
            <div key={group.name} role="group" aria-labelledby={`switcher-group-${group.name}`}>
              <div className={styles.section} id={`switcher-group-${group.name}`}>
                {group.title}
              </div>
              {group.lines.map((line) => {
                const about = {
                  id: idOf(line),
                  chosen: line === chosen,
                  onPoint: () => setAt(lines.indexOf(line)),
                  onChoose: () => choose(line),
                };
                return "hit" in line ? (
                  <SaidLine key={line.name} {...about} hit={line.hit} query={query} />
                ) : (
                  <ItemLine key={line.name} {...about} item={line.item} />
                );
              })}
            </div>
          ))}
        </div>
        {lines.length === 0 ? (
          <p className={styles.none} role="status">
            {t("switcher.none", { query: scopeOf(query).rest })}
          </p>
        ) : null}
        <Foot />
      </div>
    </dialog>
  );
}

/** The keys that help, where there is a keyboard. */
function Foot() {
  const { t } = useTranslation();
  return (
    <div className={styles.foot}>
      <span>
        <Key>↑</Key> <Key>↓</Key> {t("switcher.keyChoose")}
      </span>
      <span>
        <Key>#</Key> {t("switcher.keyRooms")} <Key>@</Key> {t("switcher.keyPeople")} <Key>/</Key>{" "}
        {t("switcher.keyActions")}
      </span>
      <span className={styles.hint}>{t("switcher.hint")}</span>
    </div>
  );
}
