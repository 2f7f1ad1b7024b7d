import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { asApiError } from "../client/error";
import type { Plaza } from "../client/plaza";
import type { Calls } from "../media/calls";
import { CallsContext } from "../ui/calls";
import { PlazaContext } from "../ui/plaza";
import { useSchemeOnRoot } from "./hooks";
import { schemeManager } from "./theme/scheme";
import { resolver, theme } from "./theme/theme";

const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: (count, error) => asApiError(error).temporary && count < 3, staleTime: 10_000 },
  },
});

function SchemeOnRoot() {
  useSchemeOnRoot();
  return null;
}

interface ProvidersProps {
  plaza: Plaza;
  calls: Calls;
  children: ReactNode;
}

export function Providers({ plaza, calls, children }: ProvidersProps) {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolver}
      colorSchemeManager={schemeManager}
      defaultColorScheme="auto"
    >
      <SchemeOnRoot />
      <QueryClientProvider client={queries}>
        <PlazaContext.Provider value={plaza}>
          <CallsContext.Provider value={calls}>{children}</CallsContext.Provider>
        </PlazaContext.Provider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
