import { Button, Switch, TextInput } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { api } from "../../client/api";
import { asApiError } from "../../client/error";
import type { Me, RoomId } from "../../client/types";
import { localeOf } from "../../i18n/setup";
import { ICON } from "../../ui/icon";
import { Problem } from "../../ui/Problem";
import styles from "./Form.module.css";
import { usePlaceInfo, useWaitS } from "./hooks";
import { NameTile } from "./NameTile";
import { PasswordField } from "./PasswordField";
import { passwordFeedback } from "./password";

export interface InviteFormProps {
  code: string;
  name: string;
  onName: (name: string) => void;
  onAccepted: (me: Me, room: RoomId) => void;
}

/** A name, and a password if one wants to come back from elsewhere. */
export function InviteForm({ code, name, onName, onAccepted }: InviteFormProps) {
  const { t, i18n } = useTranslation();
  const limits = usePlaceInfo().data?.limits;
  const charsMin = limits?.password_chars_min ?? 0;
  const [withPassword, setWithPassword] = useState(true);
  const [password, setPassword] = useState("");
  const accept = useMutation({
    mutationFn: (body: Parameters<typeof api.acceptInvite>[1]) => api.acceptInvite(code, body),
    onSuccess: ({ me, room }) => onAccepted(me, room),
  });
  const waitS = useWaitS(accept.error);
  const refused = accept.error === null ? null : asApiError(accept.error);
  const nameTaken = refused?.code === "name_taken" || refused?.field === "display_name";
  const ready =
    name.trim() !== "" && (!withPassword || passwordFeedback(password, charsMin).good) && waitS === 0;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!ready) return;
    const locale = localeOf(i18n.language);
    accept.mutate({ display_name: name.trim(), password: withPassword ? password : null, locale });
  }

  return (
    <form className={styles.form} onSubmit={submit}>
      <TextInput
        label={t("auth.yourName")}
        description={t("auth.yourNameNote")}
        error={nameTaken && refused ? t(`common.error.${refused.code}`) : undefined}
        value={name}
        maxLength={limits?.name_chars_max ?? 64}
        onChange={(event) => onName(event.currentTarget.value)}
        leftSection={<NameTile name={name} />}
        size="lg"
        required
        withAsterisk={false}
        autoComplete="name"
      />
      <div className={styles.switch}>
        <Switch
          label={t("auth.withPassword")}
          description={withPassword ? undefined : t("auth.withoutPassword")}
          checked={withPassword}
          onChange={(event) => setWithPassword(event.currentTarget.checked)}
        />
        {withPassword ? (
          <PasswordField
            label={t("auth.password")}
            value={password}
            onChange={setPassword}
            charsMin={charsMin}
            note={t("auth.passwordNote", { count: charsMin })}
            error={refused?.code === "weak_password" ? t("common.error.weak_password") : undefined}
          />
        ) : null}
      </div>
      {nameTaken || refused?.code === "weak_password" ? null : <Problem error={accept.error} waitS={waitS} />}
      <Button
        type="submit"
        variant="filled"
        size="lg"
        fullWidth
        disabled={!ready}
        loading={accept.isPending}
        rightSection={<IconArrowRight {...ICON} />}
      >
        {waitS > 0 ? t("auth.tryIn", { count: waitS }) : t("auth.comeIn")}
      </Button>
      <p className={styles.aside}>
        <span>
          {t("auth.haveName")} <Link href="/login">{t("auth.logIn")}</Link>
        </span>
      </p>
    </form>
  );
}
