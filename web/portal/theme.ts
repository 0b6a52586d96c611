/** The house's look as Mantine's theme: its variables point at tokens.css. */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const tally: MantineColorsTuple = [
  "#fff4e0",
  "#ffe6bd",
  "#ffd98f",
  "#ffcc61",
  "#ffc24d",
  "#ffb020",
  "#ffb020",
  "#f2a30f",
  "#8a5200",
  "#6b4000",
];

export const theme = createTheme({
  colors: { tally },
  primaryColor: "tally",
  primaryShade: { light: 5, dark: 5 },
  autoContrast: false,
  fontFamily: "var(--font)",
  fontFamilyMonospace: "var(--mono)",
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  lineHeights: { xs: "16px", sm: "20px", md: "20px", lg: "24px", xl: "28px" },
  radius: { xs: "2px", sm: "4px", md: "6px", lg: "10px", xl: "10px" },
  spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
  shadows: { xs: "none", sm: "none", md: "none", lg: "none", xl: "none" },
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  headings: { fontFamily: "var(--font)", fontWeight: "650" },
});

/** Both schemes read the same tokens; the tokens know the scheme. */
export const variables: CSSVariablesResolver = () => {
  const both = {
    "--mantine-color-body": "var(--bg)",
    "--mantine-color-text": "var(--text)",
    "--mantine-color-bright": "var(--text)",
    "--mantine-color-dimmed": "var(--muted)",
    "--mantine-color-placeholder": "var(--dim)",
    "--mantine-color-anchor": "var(--tally)",
    "--mantine-color-default": "var(--surface)",
    "--mantine-color-default-hover": "var(--raised)",
    "--mantine-color-default-color": "var(--text)",
    "--mantine-color-default-border": "var(--control)",
    "--mantine-color-error": "var(--error)",
    "--mantine-primary-color-filled": "var(--tally-fill)",
    "--mantine-primary-color-filled-hover": "var(--tally-fill-hover)",
    "--mantine-primary-color-contrast": "var(--tally-ink)",
    "--mantine-primary-color-light-color": "var(--tally)",
    "--mantine-color-tally-filled": "var(--tally-fill)",
    "--mantine-color-tally-filled-hover": "var(--tally-fill-hover)",
    "--mantine-color-disabled": "var(--raised)",
    "--mantine-color-disabled-color": "var(--dim)",
    "--mantine-color-disabled-border": "var(--hairline)",
  };
  return { variables: {}, dark: both, light: both };
};
