import { admin } from "./en/admin";
import { auth } from "./en/auth";
import { chat } from "./en/chat";
import { common } from "./en/common";
import { rooms } from "./en/rooms";
import { search } from "./en/search";
import { settings } from "./en/settings";
import { shell } from "./en/shell";
import { switcher } from "./en/switcher";

export const en = { admin, auth, chat, common, rooms, search, settings, shell, switcher };
