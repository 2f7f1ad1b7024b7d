import { Suspense } from "react";
import { Route, Switch, useLocation } from "wouter";
import { Boot } from "./Boot";
import { Boundary } from "./Failure";
import { Inside } from "./Inside";
import { Invite, Login, Wizard } from "./pages";
import { takeAfterLogin } from "./useSession";

export function Routes() {
  const [, go] = useLocation();
  return (
    <Boundary>
      <Suspense fallback={<Boot />}>
        <Switch>
          <Route path="/setup">
            <Wizard onEntered={(lobby) => go(`/r/${lobby}`)} />
          </Route>
          <Route path="/login">
            <Login onEntered={() => go(takeAfterLogin())} />
          </Route>
          <Route path="/i/:code">
            {({ code }) => <Invite code={code} onEntered={(room) => go(`/r/${room}`)} />}
          </Route>
          <Route>
            <Inside />
          </Route>
        </Switch>
      </Suspense>
    </Boundary>
  );
}
