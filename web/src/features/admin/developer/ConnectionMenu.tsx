import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import type { LiveConnection } from "../../../client/developer";
import { ICON } from "../../../ui/icon";
import type { Act } from "./Connections";
import { useNaming, useWords } from "./hooks";
import { isProductChannel } from "./names";

interface ConnectionMenuProps {
  one: LiveConnection;
  onAct: (act: Act) => void;
  onBan: (user: string) => void;
}

/** What one can do about a connection; the anonymous user is many, so only the one connection is ended. */
export function ConnectionMenu({ one, onAct, onBan }: ConnectionMenuProps) {
  const t = useWords();
  const naming = useNaming();
  const { client, user } = one;
  const name = naming(user);
  // Who hears a room is the room's matter: its members are taken out there.
  const own = user === "" ? [] : one.subscriptions.filter((channel) => !isProductChannel(channel));
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon size={32} aria-label={t("live.actions", { name })}>
          <IconDots {...ICON} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {own.map((channel) => (
          <Menu.Item key={channel} onClick={() => onAct({ kind: "unsubscribe", user, channel })}>
            {t("live.unsubscribe", { channel })}
          </Menu.Item>
        ))}
        <Menu.Item data-danger="" onClick={() => onAct({ kind: "disconnect", client })}>
          {t("live.disconnect")}
        </Menu.Item>
        {user === "" ? null : (
          <>
            <Menu.Item data-danger="" onClick={() => onAct({ kind: "disconnectAll", user })}>
              {t("live.disconnectAll", { user: name })}
            </Menu.Item>
            <Menu.Item data-danger="" onClick={() => onBan(user)}>
              {t("live.ban", { user: name })}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
