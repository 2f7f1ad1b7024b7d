import { createPlaza } from "../client/plaza";
import { createCalls } from "../media/calls";
import { Providers } from "./Providers";
import { Routes } from "./Routes";

const plaza = createPlaza();
const calls = createCalls(() => plaza.rooms.getState().me?.id ?? "", window.localStorage);

export function App() {
  return (
    <Providers plaza={plaza} calls={calls}>
      <Routes />
    </Providers>
  );
}
