import type { en } from "./en";
import type { call } from "./en/call";
import type { developer } from "./en/developer";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof en; developer: typeof developer; call: typeof call };
  }
}
