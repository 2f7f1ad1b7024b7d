// Reads and writes of the administration.
import { useDebouncedValue } from "@mantine/hooks";
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api } from "../../client/api";
import type { RuleDraft } from "../../client/types";

const AUDIT_PAGE = 50;
const HEALTH_EVERY_MS = 10_000;
const TYPING_PAUSE_MS = 350;

export const usePlaceInfo = () => useQuery({ queryKey: ["place"], queryFn: api.place });
export const useInvites = (enabled = true) =>
  useQuery({ queryKey: ["invites"], queryFn: api.invites, select: (answer) => answer.invites, enabled });
export const usePeople = () =>
  useQuery({ queryKey: ["people"], queryFn: api.people, select: (answer) => answer.people });
export const useAllRooms = () =>
  useQuery({ queryKey: ["rooms"], queryFn: api.rooms, select: (answer) => answer.rooms });
export const useRules = () =>
  useQuery({ queryKey: ["rules"], queryFn: api.rules, select: (answer) => answer.rules });
export const useHealth = () =>
  useQuery({ queryKey: ["health"], queryFn: api.health, refetchInterval: HEALTH_EVERY_MS });

export function useAudit() {
  return useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam }) =>
      api.audit(pageParam === "" ? { limit: AUDIT_PAGE } : { before: pageParam, limit: AUDIT_PAGE }),
    initialPageParam: "",
    getNextPageParam: (last) => (last.entries.length < AUDIT_PAGE ? undefined : last.entries.at(-1)?.id),
  });
}

/** A write after which a list is read again. */
export function useWrite<Input, Output>(key: string, write: (input: Input) => Promise<Output>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: write,
    onSuccess: () => queries.invalidateQueries({ queryKey: [key] }),
  });
}

/** What a draft would have done to the newest messages, asked when the typing pauses. */
export function useDryRun(draft: RuleDraft | null) {
  const [asked] = useDebouncedValue(draft, TYPING_PAUSE_MS);
  return useQuery({
    queryKey: ["dry-run", asked],
    queryFn: () => (asked === null ? null : api.dryRunFilter(asked)),
    enabled: asked !== null && asked.pattern.trim() !== "",
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** What would happen to a sentence: under the draft alone, or under all rules. */
export function useTry(text: string, draft: RuleDraft | null) {
  const [asked] = useDebouncedValue({ text, draft }, TYPING_PAUSE_MS);
  return useQuery({
    queryKey: ["filter-try", asked],
    queryFn: () => api.tryFilter(asked.text, asked.draft ?? undefined),
    enabled: asked.text.trim() !== "" && (asked.draft === null || asked.draft.pattern.trim() !== ""),
    placeholderData: keepPreviousData,
    retry: false,
  });
}
