// Pages and panels that are fetched when they are first shown.
import { lazy } from "react";

export const Wizard = lazy(() => import("../features/auth/Wizard"));
export const Login = lazy(() => import("../features/auth/Login"));
export const Invite = lazy(() => import("../features/auth/Invite"));
export const InviteCard = lazy(() => import("../features/auth/InviteCard"));
export const Admin = lazy(() => import("../features/admin/Admin"));
export const NoRoom = lazy(() => import("./NoRoom"));
export const NotFound = lazy(() => import("./NotFound"));
const settings = () => import("../features/settings/Settings");
export const Settings = lazy(settings);
const switcher = () => import("../features/switcher/Switcher");
export const Switcher = lazy(switcher);
export const Shortcuts = lazy(() => import("../features/switcher/Shortcuts"));
const search = () => import("../features/search/SearchPanel");
export const SearchPanel = lazy(search);
export const CreateRoom = lazy(() => import("../features/rooms/CreateRoom"));
const members = () => import("../features/rooms/MembersPanel");
export const MembersPanel = lazy(members);
const roomSettings = () => import("../features/rooms/RoomSettings");
export const RoomSettings = lazy(roomSettings);

/** Fetched when there is time, one after the other: Ctrl/⌘K and the panels answer at once, and offline too. */
export async function preload(): Promise<void> {
  for (const load of [switcher, members, search, roomSettings, settings]) await load().catch(() => undefined);
}
