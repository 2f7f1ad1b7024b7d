import { NativeSelect } from "@mantine/core";
import type { DeviceKind, Devices } from "../../media/devices";
import { presentDevice } from "../../media/devices";
import { useCallPreferences } from "../../ui/calls";
import { useWords } from "./context";

interface DeviceFieldsProps {
  devices: Devices;
  /** After the choice is remembered. */
  onChosen: (kind: DeviceKind, id: string | null) => void;
  kinds: readonly DeviceKind[];
}

/** One list per kind of device; the choice is remembered on this device. */
export function DeviceFields({ devices, onChosen, kinds }: DeviceFieldsProps) {
  const t = useWords();
  const [chosen, choose] = useCallPreferences();
  return kinds.map((kind) => {
    const found = devices[kind];
    const data = [
      { value: "", label: found.length === 0 ? t("settings.none") : t("settings.system") },
      ...found
        .filter(({ id }) => id !== "")
        .map(({ id, label }, at) => ({
          value: id,
          label: label === "" ? t("settings.unnamed", { count: at + 1 }) : label,
        })),
    ];
    return (
      <NativeSelect
        key={kind}
        label={t(`settings.${kind}`)}
        data={data}
        disabled={found.length === 0}
        value={presentDevice(found, chosen[kind]) ?? ""}
        onChange={(event) => {
          const id = event.currentTarget.value === "" ? null : event.currentTarget.value;
          choose({ [kind]: id });
          onChosen(kind, id);
        }}
      />
    );
  });
}
