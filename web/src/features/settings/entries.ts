// Every setting with its name and sentence: drawn on its page and found by the search field from the same words.
import type { TFunction } from "i18next";
import type { Entry } from "../../ui/pages/menu";

export function settingEntries(t: TFunction): Entry[] {
  return [
    {
      page: "profile",
      id: "display-name",
      label: t("settings.displayName"),
      note: t("settings.displayNameNote"),
    },
    { page: "profile", id: "handle", label: t("settings.handle"), note: t("settings.handleNote") },
    { page: "profile", id: "avatar", label: t("settings.avatar"), note: t("settings.avatarNote") },
    { page: "password", id: "password", label: t("settings.password"), note: t("settings.passwordNote") },
    { page: "sessions", id: "sessions", label: t("settings.sessions"), note: t("settings.sessionsNote") },
    { page: "appearance", id: "language", label: t("settings.language"), note: t("settings.languageNote") },
    { page: "appearance", id: "scheme", label: t("settings.scheme"), note: t("settings.schemeNote") },
    { page: "appearance", id: "density", label: t("settings.density"), note: t("settings.densityNote") },
    { page: "notifications", id: "notify", label: t("settings.notify"), note: t("settings.notifyNote") },
    { page: "notifications", id: "sound", label: t("settings.sound"), note: t("settings.soundNote") },
    { page: "notifications", id: "ring", label: t("settings.ring"), note: t("settings.ringNote") },
    { page: "tokens", id: "tokens", label: t("settings.tokens"), note: t("settings.tokensNote") },
  ];
}
