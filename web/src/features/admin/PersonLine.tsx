import { ActionIcon, Menu, NativeSelect } from "@mantine/core";
import { IconDots, IconKey, IconUserCheck, IconUserOff } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../client/api";
import type { Me, Person, Role } from "../../client/types";
import { CopyButton } from "../../ui/CopyButton";
import { Face } from "../../ui/Face";
import { ICON, ICON_SMALL } from "../../ui/icon";
import { Problem } from "../../ui/Problem";
import { ConfirmByName } from "../../ui/pages/ConfirmByName";
import styles from "./Admin.module.css";
import { useWrite } from "./hooks";
import { givable, standsAbove } from "./rights";

type Asking = "deactivate" | "reset" | null;

export function PersonLine({ person, me }: { person: Person; me: Me }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<Asking>(null);
  const change = useWrite("people", (body: { role?: Role; deactivated?: boolean }) =>
    api.patchPerson(person.id, body),
  );
  const reset = useWrite("people", () => api.resetPassword(person.id));
  const mine = person.id === me.id;
  const mayChange = !mine && standsAbove(me.role, person.role);
  const roles = givable(me.role);
  const done = () => setAsking(null);
  return (
    <li className={styles.block} data-over={person.deactivated || undefined}>
      <div className={styles.line}>
        <Face person={person} size={36} presence={person.deactivated ? undefined : person.presence} />
        <div className={styles.words}>
          <div className={styles.person}>
            <span className={styles.name} title={person.display_name}>
              {person.display_name}
            </span>
            {mine ? <span className={styles.chip}>{t("common.you")}</span> : null}
            {person.deactivated ? <span className={styles.chip}>{t("admin.deactivated")}</span> : null}
          </div>
          <div className={styles.handle}>{person.name}</div>
        </div>
        {mayChange && !person.deactivated ? (
          <NativeSelect
            className={styles.role ?? ""}
            aria-label={t("admin.roleOf", { name: person.display_name })}
            value={person.role}
            data={(roles.includes(person.role) ? roles : [person.role, ...roles]).map((role) => ({
              value: role,
              label: t(`common.role.${role}`),
            }))}
            onChange={(event) => change.mutate({ role: event.currentTarget.value as Role })}
          />
        ) : (
          <span className={styles.roleText}>{t(`common.role.${person.role}`)}</span>
        )}
        {mayChange ? (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon size={36} aria-label={t("admin.moreFor", { name: person.display_name })}>
                <IconDots {...ICON} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconKey {...ICON_SMALL} />} onClick={() => setAsking("reset")}>
                {t("admin.reset")}
              </Menu.Item>
              {person.deactivated ? (
                <Menu.Item
                  leftSection={<IconUserCheck {...ICON_SMALL} />}
                  onClick={() => change.mutate({ deactivated: false })}
                >
                  {t("admin.activate")}
                </Menu.Item>
              ) : (
                <Menu.Item
                  leftSection={<IconUserOff {...ICON_SMALL} />}
                  color="var(--bad)"
                  onClick={() => setAsking("deactivate")}
                >
                  {t("admin.deactivate")}
                </Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        ) : (
          <span className={styles.noMenu} />
        )}
      </div>
      {asking === null ? <Problem error={change.error} /> : null}
      {asking === "deactivate" ? (
        <ConfirmByName
          action={t("admin.deactivate")}
          name={person.name}
          warning={t("admin.deactivateNote")}
          pending={change.isPending}
          error={change.error}
          onConfirm={() => change.mutate({ deactivated: true }, { onSuccess: done })}
          onCancel={done}
        />
      ) : null}
      {asking === "reset" && reset.data === undefined ? (
        <ConfirmByName
          action={t("admin.reset")}
          name={person.name}
          warning={t("admin.resetNote")}
          pending={reset.isPending}
          error={reset.error}
          onConfirm={() => reset.mutate(undefined)}
          onCancel={done}
        />
      ) : null}
      {asking === "reset" && reset.data !== undefined ? (
        <div className={styles.secret} role="status">
          <span>{t("admin.resetDone", { name: person.display_name })}</span>
          <code>{reset.data.password}</code>
          <CopyButton text={reset.data.password} size="sm" />
        </div>
      ) : null}
    </li>
  );
}
