import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { Empty } from "./Empty";

interface NotFoundProps {
  /** What the address would be: a page of the app, or a room. */
  what: "page" | "room";
  onSearch: () => void;
}

/** An address that leads nowhere, or nowhere one may look; which of the two is not told. */
export default function NotFound({ what, onSearch }: NotFoundProps) {
  const { t } = useTranslation();
  return (
    <Empty
      title={t("shell.notFound")}
      text={t(what === "page" ? "shell.notFoundPage" : "shell.notFoundRoom")}
    >
      <Button component={Link} href="/" variant="filled">
        {t("shell.toRooms")}
      </Button>
      <Button onClick={onSearch}>{t("shell.search")}</Button>
    </Empty>
  );
}
