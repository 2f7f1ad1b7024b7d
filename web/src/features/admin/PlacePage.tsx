import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import { applyPlaceEvent } from "../../client/rooms";
import { Mark } from "../../ui/Mark";
import { PageHead } from "../../ui/pages/PageHead";
import { Setting } from "../../ui/pages/Setting";
import { TextSetting } from "../../ui/pages/TextSetting";
import { usePlaza, useRoomsState } from "../../ui/plaza";
import styles from "./Admin.module.css";
import { usePlaceInfo } from "./hooks";

/** The name of the place, and where it is seen. */
export function PlacePage() {
  const { t } = useTranslation();
  const plaza = usePlaza();
  const name = useRoomsState((state) => state.place?.name ?? "");
  const charsMax = usePlaceInfo().data?.limits.name_chars_max ?? 64;
  return (
    <>
      <PageHead title={t("admin.page.place")} note={t("admin.placeLead")} />
      <TextSetting
        id="place-name"
        title={t("admin.placeName")}
        note={t("admin.placeNameNote")}
        value={name}
        charsMax={charsMax}
        onSave={async (typed) => {
          const place = await api.renamePlace(typed);
          plaza.rooms.setState((state) => applyPlaceEvent(state, { kind: "place", name: place.name }));
        }}
      />
      <Setting id="place-look" title={t("admin.placeLook")} note={t("admin.placeLookNote")}>
        <div className={styles.looks}>
          <div className={styles.look}>
            <Mark size={22} />
            <span>{name}</span>
          </div>
          <div className={styles.lookTab}>
            <Mark size={16} state="mention" />
            <span>{name}</span>
          </div>
        </div>
      </Setting>
    </>
  );
}
