import { Route, Switch, useLocation } from "wouter";
import { Admin, Settings } from "./pages";

/** Everything that needs a session. */
export function Inside() {
  const [, go] = useLocation();
  return (
    <Switch>
      <Route path="/settings/:page?">
        {({ page }) => (
          <Settings
            page={page}
            onPage={(next) => go(`/settings/${next}`)}
            onClose={() => go("/")}
            onLoggedOut={() => go("/login")}
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
    </Switch>
  );
}
