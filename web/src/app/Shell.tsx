import { useTranslation } from "react-i18next";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { Sidebar } from "../features/rooms/Sidebar";
import { usePhone } from "../ui/hooks";
import { Boundary, Note } from "./Failure";
import { Overlays } from "./Overlays";
import { RoomPage } from "./RoomPage";
import styles from "./Shell.module.css";
import {
  type ShellState,
  useHomeRoom,
  useIdlePreload,
  usePageState,
  useRememberRoom,
  useShellState,
  useViewportHeight,
} from "./useShell";

/** The list of rooms and the room; on a phone one of them. */
export function Shell() {
  const phone = usePhone();
  const shell = useShellState();
  usePageState(shell.id);
  useRememberRoom(shell.id);
  useViewportHeight();
  useIdlePreload();
  const list = (
    <Sidebar
      current={shell.id}
      phone={phone}
      onSearch={() => shell.setOverlay("switcher")}
      onCreate={() => shell.setOverlay("create")}
      onInvite={() => shell.setOverlay("invite")}
      onPerson={shell.openPerson}
      onHide={shell.list.toggle}
    />
  );
  return (
    <div className={styles.shell} data-phone={phone || undefined}>
      {!phone && shell.list.shown && <Boundary>{list}</Boundary>}
      <main className={styles.main}>
        <Boundary key={shell.id ?? "list"}>
          <Switch>
            <Route path="/">{phone ? list : <Home />}</Route>
            <Route path="/r/:room/:seq?">
              <Room shell={shell} phone={phone} />
            </Route>
            <Route>
              <NotFound />
            </Route>
          </Switch>
        </Boundary>
      </main>
      <Overlays shell={shell} />
    </div>
  );
}

function Room({ shell, phone }: { shell: ShellState; phone: boolean }) {
  return shell.id === null ? null : <RoomPage key={shell.id} id={shell.id} shell={shell} phone={phone} />;
}

function Home() {
  const { t } = useTranslation();
  const room = useHomeRoom();
  if (room !== null) return <Redirect to={`/r/${room}`} replace />;
  return (
    <Note text={t("shell.noRoom")} button={t("shell.reload")} onClick={() => window.location.reload()} />
  );
}

export function NotFound() {
  const { t } = useTranslation();
  const [, go] = useLocation();
  return <Note text={t("shell.notFound")} button={t("shell.toRooms")} onClick={() => go("/")} />;
}
