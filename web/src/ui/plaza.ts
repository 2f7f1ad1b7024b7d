// React's way to the client: which Plaza this screen shows, and slices of its stores.
import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { Plaza } from "../client/plaza";
import type { RoomsState } from "../client/rooms";
import type { Me, Person, PersonId, Room, RoomId } from "../client/types";

export const PlazaContext = createContext<Plaza | null>(null);

export function usePlaza(): Plaza {
  const plaza = useContext(PlazaContext);
  if (plaza === null) throw new Error("usePlaza outside of PlazaContext");
  return plaza;
}

export function useRoomsState<T>(select: (state: RoomsState) => T): T {
  return useStore(usePlaza().rooms, select);
}

export function useMe(): Me | null {
  return useRoomsState((state) => state.me);
}

export function usePerson(id: PersonId | null | undefined): Person | undefined {
  return useRoomsState((state) => (id ? state.people[id] : undefined));
}

export function useRoom(id: RoomId | null | undefined): Room | undefined {
  return useRoomsState((state) => (id ? (state.rooms[id] ?? state.listed[id]) : undefined));
}
