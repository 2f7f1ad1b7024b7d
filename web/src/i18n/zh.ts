import { admin } from "./zh/admin";
import { auth } from "./zh/auth";
import { chat } from "./zh/chat";
import { common } from "./zh/common";
import { rooms } from "./zh/rooms";
import { search } from "./zh/search";
import { settings } from "./zh/settings";
import { shell } from "./zh/shell";
import { switcher } from "./zh/switcher";

export const zh = { admin, auth, chat, common, rooms, search, settings, shell, switcher };
