import { ActionIcon, Menu } from "@mantine/core";
import {
  IconDots,
  IconMicrophone,
  IconMicrophoneOff,
  IconPin,
  IconPinnedOff,
  IconUserMinus,
} from "@tabler/icons-react";
import type { Tile } from "../../media/tiles";
import { ICON_SMALL } from "../../ui/icon";
import { useCall, useWords } from "./context";
import styles from "./Tile.module.css";

/** What one may do with a tile, and, for moderators, with its person. */
export function TileMenu({ tile, name, pinned }: { tile: Tile; name: string; pinned: boolean }) {
  const t = useWords();
  const { session, mayModerate, moderate } = useCall();
  const { person } = tile;
  const orders = mayModerate && !person.me;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          className={styles.menu ?? ""}
          size={28}
          aria-label={t("tile.menu", { name })}
          data-orders={orders || undefined}
        >
          <IconDots {...ICON_SMALL} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={pinned ? <IconPinnedOff {...ICON_SMALL} /> : <IconPin {...ICON_SMALL} />}
          onClick={() => session.floor.pin(tile.key)}
        >
          {t(pinned ? "tile.unpin" : "tile.pin", { name })}
        </Menu.Item>
        {orders && person.microphone === "on" && (
          <Menu.Item
            leftSection={<IconMicrophoneOff {...ICON_SMALL} />}
            onClick={() => moderate(person.id, "mute")}
          >
            {t("tile.mute")}
          </Menu.Item>
        )}
        {orders && (
          <Menu.Item
            leftSection={<IconMicrophone {...ICON_SMALL} />}
            onClick={() => moderate(person.id, person.mayPublish ? "let_listen" : "let_speak")}
          >
            {t(person.mayPublish ? "tile.letListen" : "tile.letSpeak")}
          </Menu.Item>
        )}
        {orders && (
          <Menu.Item
            color="red"
            leftSection={<IconUserMinus {...ICON_SMALL} />}
            onClick={() => moderate(person.id, "remove")}
          >
            {t("tile.remove")}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
