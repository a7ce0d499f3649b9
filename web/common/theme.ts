/** @file Light, dark, or as the system has it. */
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const NAME = "clinicalbert-theme";

export function storedTheme(): Theme {
  return THEMES.find((theme) => theme === localStorage.getItem(NAME)) ?? "system";
}

/** Every colour of the style sheet is a `light-dark()` pair, which follows this one attribute. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
  localStorage.setItem(NAME, theme);
}
