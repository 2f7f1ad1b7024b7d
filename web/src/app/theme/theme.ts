// Mantine dressed in the tokens: no colour, radius or face of its own is left on a path users see.
import {
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from "@mantine/core";
import controls from "./controls.module.css";

// Terracotta as ten steps; Mantine wants a tuple, what is seen comes from the tokens through the resolvers below.
const terracotta: MantineColorsTuple = [
  "#F9E9E1",
  "#F4CDB5",
  "#E3A88F",
  "#F29A77",
  "#F08A63",
  "#D9683F",
  "#C2481F",
  "#A63B17",
  "#7E4631",
  "#382219",
];

const variantColors: VariantColorsResolver = ({ variant, color }) => {
  const danger = color === "red";
  switch (variant) {
    case "filled":
      return {
        background: danger ? "var(--bad-fill)" : "var(--accent)",
        hover: danger
          ? "color-mix(in oklab, var(--bad-fill), black 12%)"
          : "color-mix(in oklab, var(--accent), var(--text) 12%)",
        color: danger ? "var(--on-bad)" : "var(--on-accent)",
        border: "1px solid transparent",
      };
    case "light":
      return {
        background: danger ? "var(--bad-soft)" : "var(--accent-soft)",
        hover: danger ? "var(--bad-soft)" : "var(--accent-soft)",
        color: danger ? "var(--bad)" : "var(--accent-ink)",
        border: danger ? "1px solid var(--bad)" : "1px solid var(--accent-line)",
      };
    case "subtle":
    case "transparent":
      return {
        background: "transparent",
        hover: "var(--hover)",
        color: danger ? "var(--bad)" : "var(--text-2)",
        border: "1px solid transparent",
      };
    default:
      return {
        background: "var(--raised)",
        hover: danger ? "var(--bad-soft)" : "var(--hover)",
        color: danger ? "var(--bad)" : "var(--text)",
        border: danger
          ? "1px solid color-mix(in oklab, var(--bad), transparent 50%)"
          : "1px solid var(--line-strong)",
      };
  }
};

export const theme = createTheme({
  primaryColor: "terracotta",
  colors: { terracotta },
  primaryShade: { light: 6, dark: 4 },
  fontFamily: "var(--font)",
  fontFamilyMonospace: "var(--font-mono)",
  fontSizes: { xs: "12px", sm: "14px", md: "14px", lg: "15px", xl: "16px" },
  lineHeights: { xs: "16px", sm: "20px", md: "20px", lg: "22px", xl: "24px" },
  headings: { fontFamily: "var(--font)", fontWeight: "600" },
  radius: { xs: "2px", sm: "6px", md: "8px", lg: "8px", xl: "8px" },
  defaultRadius: "md",
  spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
  shadows: { xs: "none", sm: "none", md: "var(--shadow)", lg: "var(--shadow)", xl: "var(--shadow)" },
  cursorType: "pointer",
  focusRing: "auto",
  focusClassName: controls.focus ?? "",
  respectReducedMotion: true,
  activeClassName: "",
  variantColorResolver: variantColors,
  // By name, not by `X.extend`: that would put every control named here into the first load.
  components: {
    Button: {
      defaultProps: { variant: "default", size: "md" },
      classNames: { root: controls.button ?? "" },
    },
    ActionIcon: {
      defaultProps: { variant: "subtle", size: 32 },
      classNames: { root: controls.icon ?? "" },
    },
    Input: { classNames: { input: controls.input ?? "" } },
    InputWrapper: {
      classNames: {
        label: controls.label ?? "",
        description: controls.note ?? "",
        error: controls.error ?? "",
      },
      defaultProps: { inputWrapperOrder: ["label", "input", "description", "error"] },
    },
    Switch: {
      defaultProps: { withThumbIndicator: false },
      classNames: { input: controls.over ?? "", track: controls.track ?? "", thumb: controls.thumb ?? "" },
    },
    Checkbox: { classNames: { input: controls.check ?? "" } },
    Menu: {
      defaultProps: {
        shadow: "md",
        transitionProps: { duration: 90 },
        withinPortal: true,
        // The placeholder is an element without a role that takes the focus: no reader knows what it is.
        withInitialFocusPlaceholder: false,
      },
      classNames: { dropdown: controls.float ?? "", item: controls.item ?? "" },
    },
    Popover: {
      defaultProps: { shadow: "md", transitionProps: { duration: 90 } },
      classNames: { dropdown: controls.float ?? "" },
    },
    Tooltip: {
      defaultProps: { openDelay: 400, transitionProps: { duration: 90 }, offset: 4 },
      classNames: { tooltip: controls.tooltip ?? "" },
    },
  },
});

const ours = {
  "--mantine-color-body": "var(--ground)",
  "--mantine-color-text": "var(--text)",
  "--mantine-color-bright": "var(--text)",
  "--mantine-color-dimmed": "var(--text-3)",
  "--mantine-color-placeholder": "var(--text-3)",
  "--mantine-color-anchor": "var(--accent-ink)",
  "--mantine-color-default": "var(--raised)",
  "--mantine-color-default-hover": "var(--hover)",
  "--mantine-color-default-color": "var(--text)",
  "--mantine-color-default-border": "var(--line-strong)",
  "--mantine-color-error": "var(--bad)",
  "--mantine-color-success": "var(--ok)",
  "--mantine-color-disabled": "var(--sunk)",
  "--mantine-color-disabled-color": "var(--text-3)",
  "--mantine-color-disabled-border": "var(--line)",
  "--mantine-primary-color-filled": "var(--accent)",
  "--mantine-primary-color-filled-hover": "var(--accent)",
  "--mantine-primary-color-light": "var(--accent-soft)",
  "--mantine-primary-color-light-hover": "var(--accent-soft)",
  "--mantine-primary-color-light-color": "var(--accent-ink)",
  "--mantine-primary-color-contrast": "var(--on-accent)",
};

export const resolver: CSSVariablesResolver = () => ({ variables: {}, light: ours, dark: ours });
