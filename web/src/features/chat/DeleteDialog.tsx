import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { MessageEvent, RoomId } from "../../client/types";
import { Dialog } from "../../ui/Dialog";
import { usePlaza } from "../../ui/plaza";
import styles from "./DeleteDialog.module.css";
import { replyOf } from "./useComposer";

interface DeleteDialogProps {
  room: RoomId;
  message: MessageEvent;
  onClose: () => void;
  onRefused: (what: "deletion", error: unknown) => void;
}

export function DeleteDialog({ room, message, onClose, onRefused }: DeleteDialogProps) {
  const { t } = useTranslation();
  const plaza = usePlaza();
  const remove = () => {
    onClose();
    plaza.remove(room, message.seq).catch((error: unknown) => onRefused("deletion", error));
  };
  return (
    <Dialog title={t("chat.actions.deleteConfirm")} onClose={onClose}>
      <blockquote className={styles.quote}>{replyOf(message).excerpt}</blockquote>
      <div className={styles.buttons}>
        <Button color="red" variant="filled" onClick={remove} data-autofocus>
          {t("chat.actions.delete")}
        </Button>
        <Button onClick={onClose}>{t("common.cancel")}</Button>
      </div>
    </Dialog>
  );
}
