import { useStore } from "zustand";
import { usePlaza } from "../../ui/plaza";

export function useConnectionNote(): { offline: boolean; waiting: number } {
  const plaza = usePlaza();
  const offline = useStore(plaza.connection.state, (state) => state.value === "offline");
  const waiting = useStore(
    plaza.outbox.store,
    (state) => state.items.filter((item) => item.state !== "failed").length,
  );
  return { offline, waiting };
}
