import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { PageHead } from "../../../ui/pages/PageHead";
import type { DeveloperPage } from "../rights";
import { Bans } from "./Bans";
import { Connect } from "./Connect";
import { Insecure } from "./Insecure";
import { Inspector } from "./Inspector";
import { Keys } from "./Keys";
import { Publish } from "./Publish";
import { Webhooks } from "./Webhooks";

export interface DeveloperProps {
  page: DeveloperPage;
  onPage: (page: DeveloperPage) => void;
}

/** The pages for those who build on this server. */
export default function Developer({ page, onPage }: DeveloperProps) {
  const { t } = useTranslation();
  const pages: Record<DeveloperPage, () => ReactNode> = {
    connect: () => <Connect onKeys={() => onPage("keys")} />,
    keys: () => <Keys />,
    inspector: () => <Inspector onPublish={() => onPage("publish")} onBan={() => onPage("bans")} />,
    publish: () => <Publish />,
    bans: () => <Bans />,
    webhooks: () => <Webhooks />,
  };
  return (
    <>
      <Insecure />
      <PageHead title={t(`admin.page.${page}`)} note={t(`admin.lead.${page}`)} />
      <div id={page} tabIndex={-1}>
        {pages[page]()}
      </div>
    </>
  );
}
