import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import { PageHead } from "../../ui/pages/PageHead";
import { TextSetting } from "../../ui/pages/TextSetting";
import { useMe } from "../../ui/plaza";
import { Avatar } from "./Avatar";
import { useLimits, useTookMe } from "./hooks";

/** How others see me, and the name I sign in with. */
export function Profile() {
  const { t } = useTranslation();
  const me = useMe();
  const took = useTookMe();
  const charsMax = useLimits()?.name_chars_max ?? 64;
  if (me === null) return null;
  return (
    <>
      <PageHead title={t("settings.profile")} note={t("settings.profileLead")} />
      <TextSetting
        id="display-name"
        title={t("settings.displayName")}
        note={t("settings.displayNameNote")}
        value={me.display_name}
        charsMax={charsMax}
        autoComplete="name"
        onSave={async (display_name) => took(await api.patchMe({ display_name }))}
      />
      <TextSetting
        id="handle"
        title={t("settings.handle")}
        note={t("settings.handleNote")}
        value={me.name}
        charsMax={32}
        autoComplete="username"
        onSave={async (name) => took(await api.patchMe({ name }))}
      />
      <Avatar me={me} />
    </>
  );
}
