import {
  IconActivity,
  IconBan,
  IconFilter,
  IconHash,
  IconHeartbeat,
  IconHistory,
  IconHome,
  IconKey,
  IconPlugConnected,
  IconSend,
  IconUserPlus,
  IconUsers,
  IconWebhook,
} from "@tabler/icons-react";
import { lazy, type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { RoomId } from "../../client/types";
import { usePhone } from "../../ui/hooks";
import { Mark } from "../../ui/Mark";
import { MenuPage } from "../../ui/pages/MenuPage";
import type { Group } from "../../ui/pages/menu";
import { useMe, useRoomsState } from "../../ui/plaza";
import { Waiting } from "../../ui/Waiting";
import styles from "./Admin.module.css";
import { Audit } from "./Audit";
import { adminEntries } from "./entries";
import { WordFilter } from "./filter/WordFilter";
import { Health } from "./Health";
import { useInvites } from "./hooks";
import { Invitations } from "./Invitations";
import { People } from "./People";
import { PlacePage } from "./PlacePage";
import { Refused } from "./Refused";
import { Rooms } from "./Rooms";
import { atLeast, DEVELOPER_PAGES, type DeveloperPage, mayOpen, PAGES, type Page } from "./rights";

export interface AdminProps {
  /** The part of the address after /admin/. */
  page: string | undefined;
  onPage: (page: string) => void;
  onClose: () => void;
  onOpenRoom: (room: RoomId) => void;
}

const ICONS = {
  place: IconHome,
  invitations: IconUserPlus,
  people: IconUsers,
  rooms: IconHash,
  filter: IconFilter,
  audit: IconHistory,
  connect: IconPlugConnected,
  keys: IconKey,
  inspector: IconActivity,
  publish: IconSend,
  bans: IconBan,
  webhooks: IconWebhook,
  health: IconHeartbeat,
} as const;
type GroupName = "groupPlace" | "groupSafety" | "groupDevelopers" | "groupMachine";
const GROUPS: readonly (readonly [label: GroupName, pages: readonly Page[]])[] = [
  ["groupPlace", ["place", "invitations", "people", "rooms"]],
  ["groupSafety", ["filter", "audit"]],
  ["groupDevelopers", DEVELOPER_PAGES],
  ["groupMachine", ["health"]],
];
/** Pages that need the width: lists, and a table beside a panel. */
const WIDE: Partial<Record<Page, "list" | "all">> = {
  filter: "all",
  people: "list",
  rooms: "list",
  audit: "list",
  invitations: "list",
  connect: "list",
  keys: "list",
  inspector: "all",
  publish: "list",
  bans: "list",
  webhooks: "list",
};

const Developer = lazy(async () => {
  const [page, texts] = await Promise.all([import("./developer/Developer"), import("../../i18n/developer")]);
  texts.addDeveloperTexts();
  return page;
});

export default function Admin({ page, onPage, onClose, onOpenRoom }: AdminProps) {
  const { t } = useTranslation();
  const me = useMe();
  const place = useRoomsState((state) => state.place);
  const people = useRoomsState((state) => state.people);
  const invites = useInvites(me !== null && atLeast(me.role, "admin"));
  const wide = !usePhone();
  if (me === null || place === null) return null;
  const allowed = PAGES.filter((one) => mayOpen(me.role, one));
  const asked = PAGES.find((one) => one === page);
  const shown = asked ?? (wide ? allowed[0] : undefined);
  const counts: Partial<Record<Page, number | undefined>> = {
    invitations: invites.data?.length,
    people: Object.values(people).filter((person) => !person.deactivated).length,
  };
  const groups = GROUPS.map(
    ([label, pages]): Group => ({
      label: t(`admin.${label}`),
      items: pages
        .filter((one) => allowed.includes(one))
        .map((one) => ({ page: one, label: t(`admin.page.${one}`), icon: ICONS[one], count: counts[one] })),
    }),
  ).filter((group) => group.items.length > 0);
  const developer = (one: DeveloperPage) => () => (
    <Suspense fallback={<Waiting />}>
      <Developer page={one} onPage={onPage} />
    </Suspense>
  );
  const pages: Record<Page, () => ReactNode> = {
    place: () => <PlacePage />,
    invitations: () => <Invitations me={me} />,
    people: () => <People me={me} />,
    rooms: () => <Rooms onOpenRoom={onOpenRoom} />,
    filter: () => <WordFilter />,
    audit: () => <Audit />,
    connect: developer("connect"),
    keys: developer("keys"),
    inspector: developer("inspector"),
    publish: developer("publish"),
    bans: developer("bans"),
    webhooks: developer("webhooks"),
    health: () => <Health />,
  };
  const open = shown !== undefined && allowed.includes(shown);
  return (
    <MenuPage
      title={t("admin.title")}
      groups={groups}
      entries={adminEntries(t).filter((entry) => allowed.some((one) => one === entry.page))}
      page={shown ?? (allowed.length === 0 ? "refused" : undefined)}
      onPage={onPage}
      onClose={onClose}
      width={open ? (WIDE[shown] ?? "text") : "text"}
      foot={
        <div className={styles.foot}>
          <Mark size={22} />
          <div>
            <div className={styles.footName}>{place.name}</div>
            <div className={styles.quiet}>Plaza {place.version}</div>
          </div>
        </div>
      }
    >
      {open ? (
        pages[shown]()
      ) : shown === undefined && allowed.length > 0 ? null : (
        <Refused role={me.role} onClose={onClose} />
      )}
    </MenuPage>
  );
}
