import { IconLanguage } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { chooseLocale, localeOf } from "../../i18n/setup";
import { ICON_SMALL } from "../../ui/icon";
import styles from "./LanguageChoice.module.css";

const LANGUAGES = [
  ["en", "English", "en"],
  ["zh", "中文", "zh-CN"],
] as const;

/** English or Chinese, each in its own words. */
export function LanguageChoice() {
  const { t, i18n } = useTranslation();
  const chosen = localeOf(i18n.language);
  return (
    <fieldset className={styles.choice}>
      <legend className="visually-hidden">{t("auth.language")}</legend>
      <IconLanguage {...ICON_SMALL} />
      {LANGUAGES.map(([locale, label, lang]) => (
        <button
          key={locale}
          type="button"
          lang={lang}
          className={styles.language}
          aria-pressed={chosen === locale}
          onClick={() => void chooseLocale(locale)}
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}
