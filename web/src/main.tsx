import "./styles/base.css";
import "./app/theme/mantine";
import "./styles/tokens.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { applyStoredScheme } from "./app/theme/scheme";
import { applyStoredDensity } from "./features/settings/device";
import { startLanguage } from "./i18n/setup";

applyStoredScheme();
applyStoredDensity();
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
await startLanguage();
createRoot(root).render(<App />);
