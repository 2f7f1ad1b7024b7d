// One logged-in browser: owns the stores and keeps them true. The only place where client parts meet.
import { createStore, type StoreApi } from "zustand/vanilla";
import { api } from "./api";
import { applyBootstrap, emptyRooms, type RoomsState } from "./rooms";

export interface Plaza {
  rooms: StoreApi<RoomsState>;
  /** Reads what the server knows and stays connected. Throws ApiError (`unauthenticated` when nobody is logged in). */
  start(): Promise<void>;
  stop(): void;
}

export function createPlaza(): Plaza {
  const rooms = createStore<RoomsState>(() => emptyRooms);
  return {
    rooms,
    async start() {
      const data = await api.bootstrap();
      rooms.setState((state) => applyBootstrap(state, data));
    },
    stop() {
      rooms.setState(emptyRooms, true);
    },
  };
}
