import { NativeSelect } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { EXPIRIES_S, spanUntil, USES } from "../lib/expiry";

export interface Terms {
  expires_in_s: number;
  uses_max: number;
}

export interface InviteTermsProps {
  terms: Terms;
  onTerms: (terms: Terms) => void;
}

/** How long a new link runs and how many may use it. */
export function InviteTerms({ terms, onTerms }: InviteTermsProps) {
  const { t } = useTranslation();
  const expiries = EXPIRIES_S.map((seconds) => {
    const span = spanUntil(seconds * 1000, 0);
    return {
      value: String(seconds),
      label: span === null ? "" : t(`auth.span.${span.unit}`, { count: span.count }),
    };
  });
  const uses = USES.map((count) => ({ value: String(count), label: t("auth.cardUses", { count }) }));
  return (
    <>
      <NativeSelect
        label={t("auth.cardExpiry")}
        value={String(terms.expires_in_s)}
        data={expiries}
        onChange={(event) => onTerms({ ...terms, expires_in_s: Number(event.currentTarget.value) })}
      />
      <NativeSelect
        label={t("auth.cardPeople")}
        value={String(terms.uses_max)}
        data={uses}
        onChange={(event) => onTerms({ ...terms, uses_max: Number(event.currentTarget.value) })}
      />
    </>
  );
}
