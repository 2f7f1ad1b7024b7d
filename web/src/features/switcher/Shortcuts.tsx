import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "../../ui/Dialog";
import { Key } from "../../ui/Key";
import { chord, GROUPS } from "./keys";
import styles from "./Switcher.module.css";

export interface ShortcutsProps {
  onClose: () => void;
}

/** The `?` sheet, mounted while it is open. */
export default function Shortcuts({ onClose }: ShortcutsProps) {
  const { t } = useTranslation();
  const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);
  return (
    <Dialog title={t("switcher.keys")} onClose={onClose} wide>
      <div className={styles.sheet}>
        {GROUPS.map((group) => (
          <section key={group.name}>
            <table className={styles.table}>
              <caption>{t(`switcher.keyGroup.${group.name}`)}</caption>
              <tbody>
                {group.lines.map((line) => (
                  <tr key={line.text}>
                    <td>{t(`switcher.keyLine.${line.text}`)}</td>
                    <td>
                      {line.keys.map((keys, at) => (
                        <Fragment key={keys.join(" ")}>
                          {at === 0 ? "" : "/ "}
                          {chord(keys, mac).map((key) => (
                            <Fragment key={key}>
                              <Key>{key}</Key>{" "}
                            </Fragment>
                          ))}
                        </Fragment>
                      ))}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
