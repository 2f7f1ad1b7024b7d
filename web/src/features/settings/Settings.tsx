import { Button } from "@mantine/core";
import {
  IconBell,
  IconDevices,
  IconKey,
  IconLock,
  IconLogout,
  IconPalette,
  IconUser,
} from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { mayHost } from "../../client/rights";
import { Face } from "../../ui/Face";
import { usePhone } from "../../ui/hooks";
import { ICON_SMALL } from "../../ui/icon";
import { MenuPage } from "../../ui/pages/MenuPage";
import type { Group } from "../../ui/pages/menu";
import { useMe, usePlaza } from "../../ui/plaza";
import { Appearance } from "./Appearance";
import { settingEntries } from "./entries";
import { Notifications } from "./Notifications";
import { Password } from "./Password";
import { Profile } from "./Profile";
import { Sessions } from "./Sessions";
import styles from "./Settings.module.css";
import { Tokens } from "./Tokens";

export interface SettingsProps {
  /** The part of the address after /settings/. */
  page: string | undefined;
  onPage: (page: string) => void;
  onClose: () => void;
  /** The session was ended here. */
  onLoggedOut: () => void;
}

const PAGES: Record<string, () => React.ReactNode> = {
  profile: () => <Profile />,
  password: () => <Password />,
  sessions: () => <Sessions />,
  appearance: () => <Appearance />,
  notifications: () => <Notifications />,
  tokens: () => <Tokens />,
};

export default function Settings({ page, onPage, onClose, onLoggedOut }: SettingsProps) {
  const { t } = useTranslation();
  const me = useMe();
  const plaza = usePlaza();
  const wide = !usePhone();
  const logOut = useMutation({ mutationFn: () => plaza.logOut(), onSettled: onLoggedOut });
  const mine = page && page in PAGES && (page !== "tokens" || mayHost(me));
  const shown = mine ? page : wide ? "profile" : undefined;
  const groups: Group[] = [
    {
      label: t("settings.groupYou"),
      items: [
        { page: "profile", label: t("settings.profile"), icon: IconUser },
        { page: "password", label: t("settings.password"), icon: IconLock },
        { page: "sessions", label: t("settings.sessions"), icon: IconDevices },
      ],
    },
    {
      label: t("settings.groupDevice"),
      items: [
        { page: "appearance", label: t("settings.appearance"), icon: IconPalette },
        { page: "notifications", label: t("settings.notifications"), icon: IconBell },
      ],
    },
  ];
  if (mayHost(me)) {
    groups.push({
      label: t("settings.groupConnections"),
      items: [{ page: "tokens", label: t("settings.tokens"), icon: IconKey }],
    });
  }
  if (me === null) return null;
  return (
    <MenuPage
      title={t("settings.title")}
      groups={groups}
      entries={settingEntries(t).filter((entry) => entry.page !== "tokens" || mayHost(me))}
      page={shown}
      onPage={onPage}
      onClose={onClose}
      foot={
        <>
          <div className={styles.foot}>
            <Face person={me} size={36} />
            <div className={styles.who}>
              <div className={styles.name}>{me.display_name}</div>
              <div className={styles.note}>{t(`common.role.${me.role}`)}</div>
            </div>
          </div>
          <Button
            size="sm"
            fullWidth
            loading={logOut.isPending}
            onClick={() => logOut.mutate()}
            leftSection={<IconLogout {...ICON_SMALL} />}
          >
            {t("settings.logOut")}
          </Button>
        </>
      }
    >
      {shown === undefined ? null : PAGES[shown]?.()}
    </MenuPage>
  );
}
