// The words of a call, in every language at once: fetched with the stage, not with the first load.
import i18next from "i18next";
import { call as en } from "./en/call";
import { call as zh } from "./zh/call";

export const CALL = "call";

/** Before anything of a call is drawn. */
export function addCallTexts(): void {
  i18next.addResourceBundle("en", CALL, en);
  i18next.addResourceBundle("zh", CALL, zh);
}
