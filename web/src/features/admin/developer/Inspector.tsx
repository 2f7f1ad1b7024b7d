import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { ICON_SMALL } from "../../../ui/icon";
import { Channels } from "./Channels";
import { Connections } from "./Connections";
import styles from "./Developer.module.css";
import { drafts } from "./drafts";
import { Figures } from "./Figures";
import { useWords } from "./hooks";

interface InspectorProps {
  onPublish: () => void;
  onBan: () => void;
}

type View = "connections" | "channels";
const VIEWS: readonly View[] = ["connections", "channels"];

/** Who is connected and what is heard, now. */
export function Inspector({ onPublish, onBan }: InspectorProps) {
  const t = useWords();
  const [view, setView] = useState<View>("connections");
  const [user, setUser] = useState("");
  const [channel, setChannel] = useState("");
  const [prefix, setPrefix] = useState("");
  const find = (label: string, value: string, onValue: (value: string) => void) => (
    <TextInput
      className={styles.find ?? ""}
      value={value}
      placeholder={label}
      aria-label={label}
      autoComplete="off"
      leftSection={<IconSearch {...ICON_SMALL} />}
      onChange={(event) => onValue(event.currentTarget.value)}
    />
  );
  return (
    <>
      <Figures />
      <div className={styles.bar}>
        <fieldset className={styles.switch}>
          <legend className="visually-hidden">{t("live.view")}</legend>
          {VIEWS.map((each) => (
            <label key={each}>
              <input type="radio" name="view" checked={view === each} onChange={() => setView(each)} />
              <span>{t(`live.${each}`)}</span>
            </label>
          ))}
        </fieldset>
        {view === "connections" ? (
          <>
            {find(t("live.findUser"), user, setUser)}
            {find(t("live.findChannel"), channel, setChannel)}
          </>
        ) : (
          find(t("live.findPrefix"), prefix, setPrefix)
        )}
      </div>
      {view === "connections" ? (
        <Connections
          user={user}
          channel={channel}
          onChannel={setChannel}
          onBan={(banned) => {
            drafts.setState({ banned });
            onBan();
          }}
        />
      ) : (
        <Channels
          prefix={prefix}
          onWho={(name) => {
            setChannel(name);
            setUser("");
            setView("connections");
          }}
          onPublish={(name) => {
            drafts.setState({ channel: name });
            onPublish();
          }}
        />
      )}
    </>
  );
}
