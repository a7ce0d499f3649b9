/** @file Panels of which one is seen; arrow keys go from tab to tab. The others keep their state. */
import type { ComponentChildren } from "preact";

interface TabsProps<T extends string> {
  readonly label: string;
  readonly tabs: readonly { readonly value: T; readonly text: string; readonly panel: ComponentChildren }[];
  readonly value: T;
  onChoose(value: T): void;
}

export function Tabs<T extends string>({ label, tabs, value, onChoose }: TabsProps<T>) {
  const step = (event: KeyboardEvent, by: number) => {
    const at = tabs.findIndex((tab) => tab.value === value);
    const next = tabs[(at + by + tabs.length) % tabs.length]!.value;
    event.preventDefault();
    onChoose(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div class="tabs">
      <div
        role="tablist"
        aria-label={label}
        onKeyDown={(event) => {
          if (event.key === "ArrowRight") step(event, 1);
          if (event.key === "ArrowLeft") step(event, -1);
        }}
      >
        {tabs.map((tab) => (
          <button
            key={tab.value}
            id={`tab-${tab.value}`}
            type="button"
            role="tab"
            aria-selected={tab.value === value}
            aria-controls={`panel-${tab.value}`}
            tabIndex={tab.value === value ? 0 : -1}
            onClick={() => onChoose(tab.value)}
          >
            {tab.text}
          </button>
        ))}
      </div>
      {tabs.map((tab) => (
        <div
          key={tab.value}
          id={`panel-${tab.value}`}
          class="panel"
          role="tabpanel"
          aria-labelledby={`tab-${tab.value}`}
          hidden={tab.value !== value}
        >
          {tab.panel}
        </div>
      ))}
    </div>
  );
}
