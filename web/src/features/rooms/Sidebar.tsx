import {
  IconEdit,
  IconLayoutSidebarLeftCollapse,
  IconMessagePlus,
  IconPlus,
  IconSearch,
  IconUserPlus,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { mayHost } from "../../client/rights";
import type { PersonId, RoomId } from "../../client/types";
import { Face } from "../../ui/Face";
import { IconButton } from "../../ui/IconButton";
import { ICON } from "../../ui/icon";
import { Mark } from "../../ui/Mark";
import { useMe, useRoomsState } from "../../ui/plaza";
import { useRoving, useSections } from "./hooks";
import { MeFoot } from "./MeFoot";
import { RoomRow } from "./RoomRow";
import rowStyles from "./RoomRow.module.css";
import styles from "./Sidebar.module.css";
import type { Section } from "./sections";

interface SidebarProps {
  current: RoomId | null;
  /** The list as the whole screen of a phone. */
  phone: boolean;
  onSearch: () => void;
  onCreate: () => void;
  onInvite: () => void;
  onPerson: (person: PersonId) => void;
  /** Puts the list away. */
  onHide: () => void;
  /** Stands in the list when there is no room and nobody to talk to. */
  empty: React.ReactNode;
}

const SHORTCUT = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘K" : "Ctrl K";

export function Sidebar(props: SidebarProps) {
  const { t } = useTranslation();
  const { current, phone, onSearch, onCreate, onHide } = props;
  const place = useRoomsState((state) => state.place?.name ?? "");
  const me = useMe();
  const sections = useSections(current, phone);
  const roving = useRoving();
  return (
    <aside className={phone ? styles.phone : styles.sidebar}>
      <header className={styles.head}>
        <Mark size={phone ? 24 : 20} />
        <h1 className={styles.place}>{place}</h1>
        {mayHost(me) && (
          <IconButton label={t("shell.newTalk")} onClick={onCreate}>
            {phone ? <IconMessagePlus {...ICON} size={22} /> : <IconEdit {...ICON} />}
          </IconButton>
        )}
        {!phone && (
          <IconButton label={t("shell.hideList")} onClick={onHide} className={styles.hide}>
            <IconLayoutSidebarLeftCollapse {...ICON} />
          </IconButton>
        )}
        {phone && me !== null && (
          <Link href="/settings" aria-label={t("shell.settings")} className={styles.myself}>
            <Face person={me} size={32} presence={me.presence} />
          </Link>
        )}
      </header>
      <button type="button" className={styles.search} onClick={onSearch}>
        <IconSearch {...ICON} />
        <span>{t("shell.search")}</span>
        {!phone && <kbd className={styles.key}>{SHORTCUT}</kbd>}
      </button>
      {sections.every(({ entries }) => entries.length === 0) && props.empty}
      <nav
        className={styles.list}
        aria-label={t("shell.rooms")}
        ref={roving.ref}
        onKeyDown={roving.onKeyDown}
      >
        {sections.map((section) => (
          <SectionView key={section.name} section={section} {...props} />
        ))}
      </nav>
      {!phone && <MeFoot />}
    </aside>
  );
}

function SectionView({
  section,
  current,
  phone,
  onCreate,
  onInvite,
  onPerson,
}: SidebarProps & { section: Section }) {
  const { t } = useTranslation();
  const hosts = mayHost(useMe());
  const title = t(`shell.section.${section.name}`);
  return (
    <section aria-label={title}>
      <h2 className={styles.section}>{title}</h2>
      {section.entries.map((entry) =>
        entry.kind === "room" ? (
          <RoomRow
            key={entry.room.id}
            room={entry.room}
            name={entry.name}
            selected={entry.room.id === current}
            tall={phone}
          />
        ) : (
          <button
            key={entry.person.id}
            type="button"
            data-nav=""
            className={phone ? rowStyles.tall : rowStyles.row}
            onClick={() => onPerson(entry.person.id)}
          >
            <span className={rowStyles.sign}>
              <Face person={entry.person} size={phone ? 40 : 20} presence={entry.person.presence} />
            </span>
            <span className={rowStyles.name}>{entry.person.display_name}</span>
          </button>
        ),
      )}
      {hosts && section.name === "rooms" && (
        <SectionButton
          label={t("shell.newRoom")}
          onClick={onCreate}
          icon={<IconPlus {...ICON} />}
          tall={phone}
        />
      )}
      {hosts && section.name === "people" && (
        <SectionButton
          label={t("shell.invite")}
          onClick={onInvite}
          icon={<IconUserPlus {...ICON} />}
          tall={phone}
        />
      )}
    </section>
  );
}

interface SectionButtonProps {
  label: string;
  onClick: () => void;
  icon: React.ReactNode;
  tall: boolean;
}

function SectionButton({ label, onClick, icon, tall }: SectionButtonProps) {
  return (
    <button type="button" data-nav="" className={tall ? rowStyles.tall : rowStyles.row} onClick={onClick}>
      <span className={rowStyles.sign} data-plain="">
        {icon}
      </span>
      <span className={rowStyles.name}>{label}</span>
    </button>
  );
}
