// Language: what the person chose, else what the browser asks for. Chinese is fetched when it is needed.
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type { Locale } from "../client/types";
import { en } from "./en";

const KEY = "plaza.locale";

export function localeOf(tag: string | null | undefined): Locale {
  return tag?.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function startingLocale(): Locale {
  return localeOf(localStorage.getItem(KEY) ?? navigator.language);
}

async function load(locale: Locale): Promise<void> {
  if (locale === "zh" && !i18next.hasResourceBundle("zh", "translation")) {
    const { zh } = await import("./zh");
    i18next.addResourceBundle("zh", "translation", zh);
  }
}

export async function startLanguage(): Promise<void> {
  const locale = startingLocale();
  await i18next.use(initReactI18next).init({
    lng: locale === "zh" ? "en" : locale,
    fallbackLng: "en",
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await chooseLocale(locale, false);
}

/** Switches the screen; `keep` remembers the choice on this device. */
export async function chooseLocale(locale: Locale, keep = true): Promise<void> {
  await load(locale);
  await i18next.changeLanguage(locale);
  document.documentElement.lang = locale === "zh" ? "zh-CN" : "en";
  if (keep) localStorage.setItem(KEY, locale);
}
