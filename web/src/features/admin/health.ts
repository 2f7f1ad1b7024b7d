// What in the figures of the machine deserves a warning. Pure.
import type { Health } from "../../client/types";

export type Warning = "insecure" | "disk" | "noBackup" | "oldBackup";

const DISK_FREE_BYTES_MIN = 1_000_000_000;
const BACKUP_AGE_MS_MAX = 7 * 86_400_000;

export function warnings(health: Health, now: number): Warning[] {
  const found: Warning[] = [];
  if (health.insecure) found.push("insecure");
  if (health.disk_free_bytes < DISK_FREE_BYTES_MIN) found.push("disk");
  if (health.last_backup_at === null) found.push("noBackup");
  else if (now - health.last_backup_at > BACKUP_AGE_MS_MAX) found.push("oldBackup");
  return found;
}

/** The two largest units of a run: days and hours, hours and minutes, or minutes. */
export function runParts(seconds: number): { days: number; hours: number; minutes: number } {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3_600);
  return { days, hours, minutes: days > 0 ? 0 : Math.floor((seconds % 3_600) / 60) };
}
