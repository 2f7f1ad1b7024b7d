import {
  IconHash,
  IconLock,
  IconPlus,
  IconSearch,
  IconSettings,
  IconShield,
  IconUserPlus,
  IconUsers,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Room } from "../../client/types";
import { ago } from "../../lib/when";
import { Face } from "../../ui/Face";
import { ICON } from "../../ui/icon";
import { Marked } from "../../ui/Marked";
import { usePerson } from "../../ui/plaza";
import { Option, type OptionProps } from "./Option";
import styles from "./Switcher.module.css";
import type { Found, Item } from "./sections";

const ACTION_ICONS = {
  "create-room": <IconPlus {...ICON} />,
  invite: <IconUserPlus {...ICON} />,
  search: <IconSearch {...ICON} />,
  settings: <IconSettings {...ICON} />,
  admin: <IconShield {...ICON} />,
} as const;

export function ItemLine({ item, ...about }: OptionProps & { item: Item }) {
  const { t } = useTranslation();
  switch (item.kind) {
    case "person":
      return (
        <Option
          {...about}
          icon={<Face person={item.person} size={24} presence={item.person.presence} />}
          end={item.handle.length > 0 ? null : t(`common.presence.${item.person.presence}`)}
        >
          <Marked text={item.person.display_name} ranges={item.found.ranges} />
          <Reading found={item.found} />
          {item.handle.length > 0 || item.found.syllables.length === 0 ? (
            <span className={styles.aside}>
              <Marked text={item.person.name} ranges={item.handle} />
            </span>
          ) : null}
        </Option>
      );
    case "room":
      return (
        <Option {...about} icon={<RoomIcon room={item.room} />} end={<RoomEnd room={item.room} />}>
          <Marked text={item.label} ranges={item.found.ranges} />
          <Reading found={item.found} />
        </Option>
      );
    case "action":
      return (
        <Option {...about} icon={ACTION_ICONS[item.action.action]} end={null}>
          <Marked text={item.action.label} ranges={item.found.ranges} />
        </Option>
      );
  }
}

/** The syllables of a name that was found by sound, the typed ones marked. */
function Reading({ found }: { found: Found }) {
  if (found.syllables.length === 0) return null;
  return (
    <span className={styles.aside}>
      {found.syllables.map((syllable, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the place in the name is what a syllable is.
        <span key={at} className={syllable.hit ? styles.hit : undefined}>
          {at === 0 ? "" : " "}
          {syllable.text}
        </span>
      ))}
    </span>
  );
}

function RoomIcon({ room }: { room: Room }) {
  const peer = usePerson(room.kind === "direct" ? room.peers[0] : null);
  if (peer !== undefined) return <Face person={peer} size={24} presence={peer.presence} />;
  if (room.kind === "group") return <IconUsers {...ICON} />;
  return room.kind === "closed" ? <IconLock {...ICON} /> : <IconHash {...ICON} />;
}

/** What waits there, else who spoke last and when, else how many are in it. */
function RoomEnd({ room }: { room: Room }) {
  const { t, i18n } = useTranslation();
  const author = usePerson(room.last_message?.author);
  if (room.archived) return t("switcher.archived");
  if (room.me === null) return t("switcher.notIn", { count: room.member_count });
  if (room.me.unread > 0) {
    return (
      <>
        {room.me.unread >= 100 ? "99+" : room.me.unread}
        {room.me.mentions > 0 ? <span className={styles.mention}>@{room.me.mentions}</span> : null}
      </>
    );
  }
  if (room.last_message === null || author === undefined)
    return t("switcher.members", { count: room.member_count });
  const when = ago(room.last_message.at, Date.now(), i18n.language);
  return room.kind === "direct" ? when : t("switcher.spoke", { name: author.display_name, when });
}
