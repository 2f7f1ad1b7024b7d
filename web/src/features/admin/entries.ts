// What the search field over the administration finds.
import type { TFunction } from "i18next";
import type { Entry } from "../../ui/pages/menu";
import { DEVELOPER_PAGES } from "./rights";

export function adminEntries(t: TFunction): Entry[] {
  return [
    { page: "place", id: "place-name", label: t("admin.placeName"), note: t("admin.placeNameNote") },
    { page: "invitations", id: "invite-new", label: t("admin.inviteNew"), note: t("admin.inviteNewNote") },
    { page: "people", id: "people", label: t("admin.page.people"), note: t("admin.peopleLead") },
    { page: "people", id: "people", label: t("admin.reset"), note: t("admin.peopleLead") },
    { page: "people", id: "people", label: t("admin.deactivate"), note: t("admin.deactivateNote") },
    { page: "rooms", id: "rooms", label: t("admin.archive"), note: t("admin.roomsLead") },
    { page: "filter", id: "rules", label: t("admin.page.filter"), note: t("admin.filterLead") },
    { page: "filter", id: "rules", label: t("admin.import"), note: t("admin.importNote") },
    { page: "filter", id: "try", label: t("admin.try"), note: t("admin.tryNote") },
    { page: "filter", id: "filter-remove", label: t("admin.remove"), note: t("admin.removeNote") },
    { page: "audit", id: "audit", label: t("admin.page.audit"), note: t("admin.auditLead") },
    ...DEVELOPER_PAGES.map((page) => ({
      page,
      id: page,
      label: t(`admin.page.${page}`),
      note: t(`admin.lead.${page}`),
    })),
    { page: "health", id: "health", label: t("admin.page.health"), note: t("admin.healthLead") },
  ];
}
