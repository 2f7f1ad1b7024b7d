import { Button, TextInput } from "@mantine/core";
import { IconArrowRight, IconHome } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import { asApiError } from "../../client/error";
import type { Me, PlaceLimits, RoomId } from "../../client/types";
import { localeOf } from "../../i18n/setup";
import { ICON, ICON_SMALL } from "../../ui/icon";
import { Problem } from "../../ui/Problem";
import styles from "./Form.module.css";
import { useWaitS } from "./hooks";
import { NameTile } from "./NameTile";
import { PasswordField } from "./PasswordField";
import { passwordFeedback } from "./password";

export interface WizardFormProps {
  limits: PlaceLimits;
  name: string;
  onName: (name: string) => void;
  onOpened: (me: Me, lobby: RoomId) => void;
}

export function WizardForm({ limits, name, onName, onOpened }: WizardFormProps) {
  const { t, i18n } = useTranslation();
  const [placeName, setPlaceName] = useState("");
  const [password, setPassword] = useState("");
  const setUp = useMutation({ mutationFn: api.setUp, onSuccess: ({ me, lobby }) => onOpened(me, lobby) });
  const waitS = useWaitS(setUp.error);
  const refused = setUp.error === null ? null : asApiError(setUp.error);
  const about = (field: string) => (refused?.field === field ? t(`common.error.${refused.code}`) : undefined);
  const ready =
    placeName.trim() !== "" &&
    name.trim() !== "" &&
    passwordFeedback(password, limits.password_chars_min).good;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!ready || waitS > 0) return;
    setUp.mutate({
      place_name: placeName.trim(),
      display_name: name.trim(),
      password,
      locale: localeOf(i18n.language),
    });
  }

  return (
    <form className={styles.form} onSubmit={submit}>
      <TextInput
        label={t("auth.placeName")}
        description={t("auth.placeNameNote")}
        error={about("place_name")}
        value={placeName}
        maxLength={limits.name_chars_max}
        onChange={(event) => setPlaceName(event.currentTarget.value)}
        size="lg"
        required
        withAsterisk={false}
        data-autofocus
        autoComplete="organization"
      />
      <TextInput
        label={t("auth.yourName")}
        description={t("auth.yourNameNote")}
        error={about("display_name")}
        value={name}
        maxLength={limits.name_chars_max}
        onChange={(event) => onName(event.currentTarget.value)}
        leftSection={<NameTile name={name} />}
        size="lg"
        required
        withAsterisk={false}
        autoComplete="name"
      />
      <PasswordField
        label={t("auth.password")}
        value={password}
        onChange={setPassword}
        charsMin={limits.password_chars_min}
        note={t("auth.passwordNote", { count: limits.password_chars_min })}
        error={about("password")}
      />
      {refused?.field ? null : <Problem error={setUp.error} waitS={waitS} />}
      <Button
        type="submit"
        variant="filled"
        size="lg"
        fullWidth
        className={styles.go ?? ""}
        disabled={!ready || waitS > 0}
        loading={setUp.isPending}
        rightSection={<IconArrowRight {...ICON} />}
      >
        {t("auth.openLobby")}
      </Button>
      <p className={styles.aside}>
        <IconHome {...ICON_SMALL} />
        {t("auth.stays")}
      </p>
    </form>
  );
}
