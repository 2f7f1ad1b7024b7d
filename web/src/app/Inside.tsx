import { Suspense } from "react";
import { Route, Switch, useLocation } from "wouter";
import { useCalls, useCallsState } from "../ui/calls";
import { useRoomsState } from "../ui/plaza";
import { Boot } from "./Boot";
import { CallHome, Ringing, useShownRoom, useStaged } from "./calls";
import { Failure } from "./Failure";
import { Admin, Settings } from "./pages";
import { Shell } from "./Shell";
import { useSession } from "./useSession";

/** Everything that needs a session. */
export function Inside() {
  const session = useSession();
  if (!session.ready) return session.error === null ? <Boot /> : <Failure onRetry={session.retry} />;
  return (
    <>
      <Pages />
      <CallsHere />
    </>
  );
}

/** The call that goes on whatever page is shown, and the one that comes in. */
function CallsHere() {
  const [, go] = useLocation();
  const room = useShownRoom();
  const staged = useStaged(room);
  const calls = useCalls();
  const active = useCallsState((state) => state.phase !== "idle");
  const rings = useRoomsState((state) => Object.keys(state.rings).length > 0);
  const onOpenRoom = (to: string) => {
    calls.hide(false);
    go(`/r/${to}`);
  };
  return (
    <Suspense fallback={null}>
      {active && <CallHome staged={staged} onOpenRoom={onOpenRoom} />}
      {rings && <Ringing onOpenRoom={onOpenRoom} />}
    </Suspense>
  );
}

function Pages() {
  const [, go] = useLocation();
  return (
    <Switch>
      <Route path="/settings/:page?">
        {({ page }) => (
          <Settings
            page={page}
            onPage={(next) => go(`/settings/${next}`)}
            onClose={() => go("/")}
            onLoggedOut={() => window.location.assign("/login")}
          />
        )}
      </Route>
      <Route path="/admin/:page?">
        {({ page }) => (
          <Admin
            page={page}
            onPage={(next) => go(`/admin/${next}`)}
            onClose={() => go("/")}
            onOpenRoom={(room) => go(`/r/${room}`)}
          />
        )}
      </Route>
      <Route>
        <Shell />
      </Route>
    </Switch>
  );
}
