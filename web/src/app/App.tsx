import { createPlaza } from "../client/plaza";
import { Providers } from "./Providers";
import { Routes } from "./Routes";

const plaza = createPlaza();

export function App() {
  return (
    <Providers plaza={plaza}>
      <Routes />
    </Providers>
  );
}
