import { Button } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Me } from "../../client/types";
import { CopyButton } from "../../ui/CopyButton";
import { Face } from "../../ui/Face";
import { ICON } from "../../ui/icon";
import styles from "./Form.module.css";

export interface SignInProps {
  me: Me;
  /** The room the button leads to. */
  room: string;
  onGo: () => void;
}

/** Shown once after coming in: the name to sign in with, before it is needed on another device. */
export function SignIn({ me, room, onGo }: SignInProps) {
  const { t } = useTranslation();
  return (
    <>
      <h1 className={styles.title}>{t("auth.welcome", { name: me.display_name })}</h1>
      <p className={styles.lead}>{me.has_password ? t("auth.signInLead") : t("auth.noPasswordLead")}</p>
      <div className={styles.handle}>
        <Face person={me} size={40} />
        <div className={styles.handleText}>
          <div className={styles.handleNote}>{t("auth.signInAs")}</div>
          <div className={styles.handleName}>{me.name}</div>
        </div>
        <CopyButton text={me.name} />
      </div>
      <Button
        variant="filled"
        size="lg"
        fullWidth
        onClick={onGo}
        data-autofocus
        rightSection={<IconArrowRight {...ICON} />}
      >
        {t("auth.goTo", { room })}
      </Button>
    </>
  );
}
