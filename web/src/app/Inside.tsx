import { Route, Switch, useLocation } from "wouter";
import { Boot } from "./Boot";
import { Failure } from "./Failure";
import { Admin, Settings } from "./pages";
import { Shell } from "./Shell";
import { useSession } from "./useSession";

/** Everything that needs a session. */
export function Inside() {
  const [, go] = useLocation();
  const session = useSession();
  if (!session.ready) return session.error === null ? <Boot /> : <Failure onRetry={session.retry} />;
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
