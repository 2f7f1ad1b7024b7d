import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { Me, RoomId } from "../../client/types";
import { Problem } from "../../ui/Problem";
import styles from "./Form.module.css";
import { Frame } from "./Frame";
import { useFreshStart, usePlaceInfo } from "./hooks";
import { SignIn } from "./SignIn";
import { WizardForm } from "./WizardForm";

export interface WizardProps {
  /** The place is set up and a session runs: show this room. */
  onEntered: (lobby: RoomId) => void;
}

interface Opened {
  me: Me;
  lobby: RoomId;
}

/** The first page of a new place: three fields, then the name to sign in with, then the lobby. */
export default function Wizard({ onEntered }: WizardProps) {
  const { t } = useTranslation();
  const begin = useFreshStart();
  const place = usePlaceInfo();
  const [name, setName] = useState("");
  const [opened, setOpened] = useState<Opened | null>(null);
  const middle = opened?.me ?? { unnamed: name.trim() };
  if (opened !== null) {
    return (
      <Frame middle={middle} caption={t("auth.caption")}>
        <SignIn
          me={opened.me}
          room={t("auth.theLobby")}
          onGo={() => {
            begin();
            onEntered(opened.lobby);
          }}
        />
      </Frame>
    );
  }
  if (place.data?.set_up === true) {
    return (
      <Frame middle={null} caption={t("auth.captionDoor")}>
        <h1 className={styles.title}>{t("auth.openAlready", { place: place.data.name })}</h1>
        <p className={styles.lead}>{t("auth.openAlreadyLead")}</p>
        <Link href="/login">{t("auth.toLogin")}</Link>
      </Frame>
    );
  }
  return (
    <Frame middle={middle} caption={t("auth.caption")}>
      <h1 className={styles.title}>{t("auth.wizardTitle")}</h1>
      <p className={styles.lead}>{t("auth.wizardLead")}</p>
      <Problem error={place.error} />
      {place.data === undefined ? null : (
        <WizardForm
          limits={place.data.limits}
          name={name}
          onName={setName}
          onOpened={(me, lobby) => setOpened({ me, lobby })}
        />
      )}
    </Frame>
  );
}
