import { Button, FileButton } from "@mantine/core";
import { IconPhoto } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import type { Me } from "../../client/types";
import { Face } from "../../ui/Face";
import { ICON } from "../../ui/icon";
import { Problem } from "../../ui/Problem";
import { Setting } from "../../ui/pages/Setting";
import { AvatarCrop } from "./AvatarCrop";
import { useTookMe } from "./hooks";
import styles from "./Settings.module.css";

/** A picture cut to a square, or the tile that was drawn from the id. */
export function Avatar({ me }: { me: Me }) {
  const { t } = useTranslation();
  const took = useTookMe();
  const [file, setFile] = useState<File | null>(null);
  const put = useMutation({
    mutationFn: async (image: Blob) => took(await api.putAvatar(image)),
    onSuccess: () => setFile(null),
  });
  const drop = useMutation({ mutationFn: async () => took(await api.deleteAvatar()) });
  return (
    <Setting id="avatar" title={t("settings.avatar")} note={t("settings.avatarNote")}>
      {file === null ? (
        <div className={styles.avatar}>
          <Face person={me} size={72} />
          <div className={styles.buttons}>
            <FileButton
              accept="image/*"
              onChange={setFile}
              inputProps={{ "aria-label": t("settings.avatarChoose") }}
            >
              {(props) => (
                <Button {...props} leftSection={<IconPhoto {...ICON} />}>
                  {t("settings.avatarChoose")}
                </Button>
              )}
            </FileButton>
            {me.avatar === null ? null : (
              <Button loading={drop.isPending} onClick={() => drop.mutate()}>
                {t("settings.avatarTile")}
              </Button>
            )}
          </div>
        </div>
      ) : (
        <AvatarCrop
          key={`${file.name} ${file.lastModified}`}
          file={file}
          pending={put.isPending}
          onDone={(image) => put.mutate(image)}
          onCancel={() => setFile(null)}
        />
      )}
      <Problem error={put.error ?? drop.error} />
    </Setting>
  );
}
