import { Button, TextInput } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import { ICON_SMALL } from "../../ui/icon";
import { Problem } from "../../ui/Problem";
import styles from "./Form.module.css";
import { Frame } from "./Frame";
import { speakLanguageOf, useFreshStart, usePlaceInfo, useWaitS, useWasEnded } from "./hooks";
import { PasswordField } from "./PasswordField";

export interface LoginProps {
  /** A session runs now. */
  onEntered: () => void;
}

export default function Login({ onEntered }: LoginProps) {
  const { t } = useTranslation();
  const place = usePlaceInfo();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const begin = useFreshStart();
  const { ended, forget } = useWasEnded();
  const logIn = useMutation({
    mutationFn: api.logIn,
    onSuccess: ({ me }) => {
      speakLanguageOf(me);
      begin();
      forget();
      onEntered();
    },
  });
  const waitS = useWaitS(logIn.error);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (waitS === 0) logIn.mutate({ name: name.trim(), password });
  }

  return (
    <Frame middle={null} caption={t("auth.captionDoor")}>
      <h1 className={styles.title}>{place.data?.name || t("auth.logIn")}</h1>
      <p className={styles.lead} role={ended ? "status" : undefined}>
        {t(ended ? "auth.ended" : "auth.loginLead")}
      </p>
      <form className={styles.form} onSubmit={submit}>
        <TextInput
          label={t("auth.loginName")}
          description={t("auth.loginNameNote")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          size="lg"
          required
          withAsterisk={false}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
        />
        <PasswordField label={t("auth.password")} value={password} onChange={setPassword} />
        <Problem error={logIn.error ?? place.error} waitS={waitS} />
        <Button
          type="submit"
          variant="filled"
          size="lg"
          fullWidth
          className={styles.go ?? ""}
          disabled={name.trim() === "" || password === "" || waitS > 0}
          loading={logIn.isPending}
        >
          {waitS > 0 ? t("auth.tryIn", { count: waitS }) : t("auth.logIn")}
        </Button>
      </form>
      <p className={styles.aside}>
        <IconUserPlus {...ICON_SMALL} />
        {t("auth.noAccount")}
      </p>
    </Frame>
  );
}
