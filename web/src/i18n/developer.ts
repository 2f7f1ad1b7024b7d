// The words of the developer pages, in every language at once: fetched with those pages, not with the first load.
import i18next from "i18next";
import { developer as en } from "./en/developer";
import { developer as zh } from "./zh/developer";

export const NAMESPACE = "developer";

/** Before the first of these pages is drawn. */
export function addDeveloperTexts(): void {
  i18next.addResourceBundle("en", NAMESPACE, en);
  i18next.addResourceBundle("zh", NAMESPACE, zh);
}
