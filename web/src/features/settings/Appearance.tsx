import { type MantineColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconMoon, IconSun } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import type { Locale } from "../../client/types";
import { chooseLocale, localeOf } from "../../i18n/setup";
import { ICON } from "../../ui/icon";
import { Problem } from "../../ui/Problem";
import { PageHead } from "../../ui/pages/PageHead";
import { Setting } from "../../ui/pages/Setting";
import { Choices } from "./Choices";
import { type Density, keepDensity, storedDensity } from "./device";
import { useTookMe } from "./hooks";

/** Language goes with the person, the rest stays on the device. */
export function Appearance() {
  const { t, i18n } = useTranslation();
  const took = useTookMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [density, setDensity] = useState<Density>(storedDensity);
  const speak = useMutation({
    mutationFn: async (locale: Locale) => {
      await chooseLocale(locale);
      took(await api.patchMe({ locale }));
    },
  });
  return (
    <>
      <PageHead title={t("settings.appearance")} note={t("settings.appearanceLead")} />
      <Setting id="language" title={t("settings.language")} note={t("settings.languageNote")}>
        <Choices<Locale>
          label={t("settings.language")}
          value={localeOf(i18n.language)}
          options={[
            { value: "en", label: "English", lang: "en" },
            { value: "zh", label: "简体中文", lang: "zh-CN" },
          ]}
          onChoose={(locale) => speak.mutate(locale)}
        />
        <Problem error={speak.error} />
      </Setting>
      <Setting id="scheme" title={t("settings.scheme")} note={t("settings.schemeNote")}>
        <Choices<MantineColorScheme>
          label={t("settings.scheme")}
          value={colorScheme}
          options={[
            { value: "light", label: t("settings.schemeLight"), icon: <IconSun {...ICON} /> },
            { value: "dark", label: t("settings.schemeDark"), icon: <IconMoon {...ICON} /> },
            { value: "auto", label: t("settings.schemeSystem"), icon: <IconDeviceDesktop {...ICON} /> },
          ]}
          onChoose={setColorScheme}
        />
      </Setting>
      <Setting id="density" title={t("settings.density")} note={t("settings.densityNote")}>
        <Choices<Density>
          label={t("settings.density")}
          value={density}
          options={[
            { value: "comfortable", label: t("settings.densityComfortable") },
            { value: "compact", label: t("settings.densityCompact") },
          ]}
          onChoose={(chosen) => {
            keepDensity(chosen);
            setDensity(chosen);
          }}
        />
      </Setting>
    </>
  );
}
