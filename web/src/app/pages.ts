// Pages and panels that are fetched when they are first shown.
import { lazy } from "react";

export const Wizard = lazy(() => import("../features/auth/Wizard"));
export const Login = lazy(() => import("../features/auth/Login"));
export const Invite = lazy(() => import("../features/auth/Invite"));
export const InviteCard = lazy(() => import("../features/auth/InviteCard"));
export const Settings = lazy(() => import("../features/settings/Settings"));
export const Admin = lazy(() => import("../features/admin/Admin"));
export const NoRoom = lazy(() => import("./NoRoom"));
export const NotFound = lazy(() => import("./NotFound"));
const switcher = () => import("../features/switcher/Switcher");
export const Switcher = lazy(switcher);
export const Shortcuts = lazy(() => import("../features/switcher/Shortcuts"));
export const SearchPanel = lazy(() => import("../features/search/SearchPanel"));
export const CreateRoom = lazy(() => import("../features/rooms/CreateRoom"));
export const MembersPanel = lazy(() => import("../features/rooms/MembersPanel"));
export const RoomSettings = lazy(() => import("../features/rooms/RoomSettings"));

/** Fetched when there is time, so that Ctrl/⌘K answers at once. */
export function preload(): void {
  void switcher().catch(() => undefined);
}
