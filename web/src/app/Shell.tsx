import { Suspense } from "react";
import { Redirect, Route, Switch } from "wouter";
import { Sidebar } from "../features/rooms/Sidebar";
import { usePhone } from "../ui/hooks";
import { Boundary } from "./Failure";
import { Overlays } from "./Overlays";
import { NoRoom, NotFound } from "./pages";
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
  const create = () => shell.setOverlay("create");
  const list = (
    <Sidebar
      current={shell.id}
      phone={phone}
      onSearch={() => shell.setOverlay("switcher")}
      onCreate={create}
      onInvite={() => shell.setOverlay("invite")}
      onPerson={shell.openPerson}
      onHide={shell.list.toggle}
      empty={phone ? <Home onCreate={create} /> : null}
    />
  );
  return (
    <div className={styles.shell} data-phone={phone || undefined}>
      {!phone && shell.list.shown && <Boundary>{list}</Boundary>}
      <main className={styles.main}>
        <Boundary about={shell.id ?? "list"}>
          <Switch>
            <Route path="/">{phone ? list : <Home onCreate={create} />}</Route>
            <Route path="/r/:room/:seq?">
              <Room shell={shell} phone={phone} />
            </Route>
            <Route>
              <Suspense fallback={null}>
                <NotFound what="page" onSearch={() => shell.setOverlay("switcher")} />
              </Suspense>
            </Route>
          </Switch>
        </Boundary>
      </main>
      <Overlays shell={shell} />
    </div>
  );
}

function Room({ shell, phone }: { shell: ShellState; phone: boolean }) {
  return shell.id === null ? null : <RoomPage id={shell.id} shell={shell} phone={phone} />;
}

/** Where one begins: in a room, or with what can be done when one is in none. */
function Home({ onCreate }: { onCreate: () => void }) {
  const room = useHomeRoom();
  if (room !== null) return <Redirect to={`/r/${room}`} replace />;
  return (
    <Suspense fallback={null}>
      <NoRoom onCreate={onCreate} />
    </Suspense>
  );
}
