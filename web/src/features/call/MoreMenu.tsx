import { Menu } from "@mantine/core";
import {
  IconBadgeCc,
  IconChartBar,
  IconCheck,
  IconDots,
  IconKeyboard,
  IconLayoutGrid,
  IconPhoneOff,
  IconScreenShare,
  IconSettings,
} from "@tabler/icons-react";
import { useCallPreferences } from "../../ui/calls";
import { ICON, ICON_SMALL } from "../../ui/icon";
import styles from "./Controls.module.css";
import { useCall, useCallState, useWords } from "./context";
import { useView } from "./hooks";
import { ReactButtons } from "./ReactMenu";

interface MoreMenuProps {
  narrow: boolean;
  /** Sharing the screen stands here, for want of room in the bar. */
  screen: boolean;
  onDevices: () => void;
  onStatistics: () => void;
  onKeys: () => void;
}

export function MoreMenu({ narrow, screen, onDevices, onStatistics, onKeys }: MoreMenuProps) {
  const t = useWords();
  const { session, mayModerate, end } = useCall();
  const view = useView();
  const sharing = useCallState(({ wish }) => wish.screen);
  const [{ captions }, choose] = useCallPreferences();
  const other = view === "grid" ? "speaker" : "grid";
  return (
    <Menu position="top">
      <Menu.Target>
        <button type="button" className={styles.control} aria-label={t("more")} title={t("more")}>
          <IconDots {...ICON} size={20} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {narrow && (
          <div className={styles.reactions}>
            <ReactButtons onReact={session.react} />
          </div>
        )}
        {screen && (
          <Menu.Item
            leftSection={<IconScreenShare {...ICON_SMALL} />}
            onClick={() => session.toggle("screen")}
          >
            {t(sharing ? "screen.on" : "screen.off")}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLayoutGrid {...ICON_SMALL} />} onClick={() => session.floor.show(other)}>
          {t(`view.${other}`)}
        </Menu.Item>
        <Menu.Item leftSection={<IconSettings {...ICON_SMALL} />} onClick={onDevices}>
          {t("menu.devices")}
        </Menu.Item>
        <Menu.Item
          role="menuitemcheckbox"
          aria-checked={captions}
          leftSection={<IconBadgeCc {...ICON_SMALL} />}
          rightSection={captions ? <IconCheck {...ICON_SMALL} /> : null}
          onClick={() => choose({ captions: !captions })}
        >
          {t("menu.captions")}
        </Menu.Item>
        <Menu.Item leftSection={<IconChartBar {...ICON_SMALL} />} onClick={onStatistics}>
          {t("menu.statistics")}
        </Menu.Item>
        {!narrow && (
          <Menu.Item leftSection={<IconKeyboard {...ICON_SMALL} />} onClick={onKeys}>
            {t("menu.keys")}
          </Menu.Item>
        )}
        {mayModerate && (
          <Menu.Item color="red" leftSection={<IconPhoneOff {...ICON_SMALL} />} onClick={end}>
            {t("menu.end")}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
