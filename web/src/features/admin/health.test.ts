import { describe, expect, it } from "vitest";
import type { Health } from "../../client/types";
import { runParts, warnings } from "./health";

const day = 86_400_000;
const well: Health = {
  version: "1.0.0",
  uptime_s: 1,
  people: 1,
  rooms: 1,
  messages: 1,
  connections: 1,
  data_bytes: 1,
  disk_free_bytes: 40e9,
  last_backup_at: 100 * day,
  insecure: false,
};

describe("the health of a place", () => {
  it("has nothing to warn about when all is well", () => {
    expect(warnings(well, 101 * day)).toEqual([]);
  });

  it("warns of plain http, a full disk and a backup that is missing or old", () => {
    expect(warnings({ ...well, insecure: true, disk_free_bytes: 9e8 }, 101 * day)).toEqual([
      "insecure",
      "disk",
    ]);
    expect(warnings({ ...well, last_backup_at: null }, 101 * day)).toEqual(["noBackup"]);
    expect(warnings(well, 108 * day)).toEqual(["oldBackup"]);
  });

  it("tells how long it runs in two units", () => {
    expect(runParts(93_784)).toEqual({ days: 1, hours: 2, minutes: 0 });
    expect(runParts(3_700)).toEqual({ days: 0, hours: 1, minutes: 1 });
  });
});
