// Reads and writes of the developer pages.
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { CONNECTIONS_MAX, developer, type NewApiKey, type NewTokenSecret } from "../../../client/developer";
import { asApiError } from "../../../client/error";
import { personName, roomName } from "../../../client/names";
import type { PersonId, TimeMs } from "../../../client/types";
import { NAMESPACE } from "../../../i18n/developer";
import { ago, hoursAgo, moment } from "../../../lib/when";
import { useRoomsState } from "../../../ui/plaza";
import { askedUser, findConnections } from "./finding";
import { forgetMade, made } from "./made";
import { ownerOf } from "./names";
import { type Sample, withSample } from "./rates";
import { SAMPLE_CHANNEL, SAMPLE_USER } from "./samples";
import { signToken } from "./token";

/** Live figures are read so often, while the page is in sight. */
const LIVE_EVERY_MS = 2000;
const TYPING_PAUSE_MS = 250;
const LIST_MAX = 100;
const SAMPLE_TOKEN_S = 3600;

export const useWords = () => useTranslation(NAMESPACE).t;

export const useOverview = () => useQuery({ queryKey: ["developer"], queryFn: developer.overview });
export const useKeys = () =>
  useQuery({ queryKey: ["developer-keys"], queryFn: developer.keys, select: ({ keys }) => keys });
export const useSecrets = () =>
  useQuery({ queryKey: ["developer-secrets"], queryFn: developer.secrets, select: ({ secrets }) => secrets });
export const useBans = () =>
  useQuery({ queryKey: ["developer-bans"], queryFn: developer.bans, select: ({ bans }) => bans });
export const useRevocations = () =>
  useQuery({
    queryKey: ["developer-revocations"],
    queryFn: developer.revocations,
    select: ({ revocations }) => revocations,
  });
export const useWebhooks = () =>
  useQuery({ queryKey: ["developer-webhooks"], queryFn: developer.webhooks, refetchInterval: 10_000 });

/** A write after which the developer lists are read again. */
export function useChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () =>
      queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith("developer") }),
  });
}

export const useMade = () => useStore(made);

function keepKey(key: NewApiKey): NewApiKey {
  made.setState({ key });
  return key;
}

async function keepSecret(secret: NewTokenSecret): Promise<NewTokenSecret> {
  const exp = Math.floor(Date.now() / 1000) + SAMPLE_TOKEN_S;
  const claims = { sub: SAMPLE_USER, exp };
  made.setState({
    secret,
    token: await signToken(secret.secret, claims),
    subscriptionToken: await signToken(secret.secret, { ...claims, channel: SAMPLE_CHANNEL }),
  });
  return secret;
}

export const useMakeKey = () => useChange(async (name: string) => keepKey(await developer.createKey(name)));
export const useMakeSecret = () =>
  useChange(async (name: string) => keepSecret(await developer.createSecret(name)));
export const useRotateSecret = (id: string) =>
  useChange(async (keep_s: number) => keepSecret(await developer.rotateSecret(id, keep_s)));

/** A revocation: what was made here is named nowhere any more. */
export const useRevoke = (revoke: (id: string) => Promise<unknown>) =>
  useChange(async (id: string) => {
    await revoke(id);
    forgetMade(id);
  });

/** A key and a secret for the samples, made together. */
export const useFillSamples = () =>
  useChange(async (name: string) => {
    const key = await developer.createKey(name);
    keepKey(key);
    return keepSecret(await developer.createSecret(name));
  });

export const useStats = () =>
  useQuery({ queryKey: ["developer-stats"], queryFn: developer.stats, refetchInterval: LIVE_EVERY_MS });

/** The figures of the last two minutes, as far as this page saw them. */
export function useTraffic(): Sample[] {
  const { data, dataUpdatedAt } = useStats();
  const [samples, setSamples] = useState<Sample[]>([]);
  useEffect(() => {
    if (data !== undefined) setSamples((now) => withSample(now, dataUpdatedAt, data));
  }, [data, dataUpdatedAt]);
  return samples;
}

/** Connections that fit, found by the server under whole names and by this page in parts of them. */
export function useConnections(user: string, channel: string) {
  const people = useRoomsState((state) => state.people);
  const [asked] = useDebouncedValue(`${askedUser(user, people)}\n${channel.trim()}`, TYPING_PAUSE_MS);
  return useQuery({
    queryKey: ["developer-connections", asked],
    async queryFn() {
      const [wholeUser = "", wholeChannel = ""] = asked.split("\n");
      if (asked.trim() === "") return developer.connections({ limit: LIST_MAX });
      const [exact, all] = await Promise.all([
        developer.connections({ user: wholeUser, channel: wholeChannel, limit: LIST_MAX }),
        developer.connections({ limit: CONNECTIONS_MAX }),
      ]);
      // What was typed, and not whom it names: parts are looked for in every name.
      const sought = { user, channel };
      const connections = findConnections(exact.connections, all.connections, sought, people);
      return {
        connections: connections.slice(0, LIST_MAX),
        more: exact.more || connections.length > LIST_MAX,
      };
    },
    refetchInterval: LIVE_EVERY_MS,
    placeholderData: keepPreviousData,
  });
}

export function useChannels(prefix: string) {
  const [asked] = useDebouncedValue(prefix.trim(), TYPING_PAUSE_MS);
  return useQuery({
    queryKey: ["developer-channels", asked],
    queryFn: () => developer.channels({ prefix: asked, limit: LIST_MAX }),
    refetchInterval: LIVE_EVERY_MS,
    placeholderData: keepPreviousData,
  });
}

/**
 * Why the server refused what stands in a field: its own sentence, as it tells it to programs too. That there are too
 * many of something (`conflict`) is no field's matter and stands at the `first` one.
 */
export function useReason(error: unknown, first: string): (field: string) => string | undefined {
  const { t } = useTranslation();
  const refused = error === null ? null : asApiError(error);
  return (field) => {
    if (refused === null) return undefined;
    const at = refused.code === "conflict" ? (refused.field ?? first) : refused.field;
    if (at !== field) return undefined;
    return refused.message === refused.code ? t(`common.error.${refused.code}`) : refused.message;
  };
}

/** What a user is called: a person by their name, an app's user by the text they came with. */
export function useNaming(): (user: string | null) => string {
  const t = useWords();
  const people = useRoomsState((state) => state.people);
  return (user) => {
    if (user === null || user === "") return t("anonymous");
    const person = people[user];
    return person === undefined ? user : personName(person);
  };
}

/** A channel's name, and behind it the room or person it belongs to, as far as I may see them. */
export function useChannelTitle(): (channel: string) => string {
  const rooms = useRoomsState((state) => state.rooms);
  const listed = useRoomsState((state) => state.listed);
  const people = useRoomsState((state) => state.people);
  return (channel) => {
    const owner = ownerOf(channel);
    if (owner === null) return channel;
    if ("user" in owner) {
      const person = people[owner.user];
      return person === undefined ? channel : `${channel} (${personName(person)})`;
    }
    const room = rooms[owner.room] ?? listed[owner.room];
    return room === undefined ? channel : `${channel} (${roomName(room, people)})`;
  };
}

/** Who made something; the maker may be gone. */
export function useMaker(): (person: PersonId | null) => string {
  const t = useWords();
  const people = useRoomsState((state) => state.people);
  return (person) => (person === null ? t("somebody") : (people[person]?.display_name ?? t("somebody")));
}

/** "3 minutes ago" and "14:02", as of now, in the language of the page. */
export function useSpokenTimes() {
  const { i18n } = useTranslation();
  return {
    /** For a moment that is known to the hour only: "this hour", "3 hours ago". */
    hour: (at: TimeMs) => hoursAgo(at, Date.now(), i18n.language),
    since: (at: TimeMs) => ago(at, Date.now(), i18n.language),
    clock: (at: TimeMs) => moment(at, Date.now(), i18n.language),
  };
}
