/** @file A list of which only the rows in sight are made; every row has the same height. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface RowsProps<T> {
  readonly label: string;
  readonly items: readonly T[];
  /** In CSS pixels. */
  readonly rowHeight: number;
  /** Index of a row that is brought into sight whenever it becomes another one. */
  readonly follow?: number;
  readonly row: (item: T, index: number) => ComponentChildren;
}

/** Rows made beyond each end of what is seen. */
const SPARE = 10;

export function Rows<T>({ label, items, rowHeight, follow = -1, row }: RowsProps<T>) {
  const list = useRef<HTMLElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 800 });
  useLayoutEffect(() => {
    const { current } = list;
    if (current === null) return;
    const measure = () => setSeen({ top: current.scrollTop, height: current.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    current.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      current.removeEventListener("scroll", measure);
    };
  }, []);
  useLayoutEffect(() => {
    const { current } = list;
    if (current === null || follow === -1) return;
    const { scrollTop, clientHeight } = current;
    const top = follow * rowHeight;
    if (top < scrollTop || top + rowHeight > scrollTop + clientHeight)
      current.scrollTo(0, top - (clientHeight - rowHeight) / 2);
  }, [follow, rowHeight]);
  const first = Math.max(0, Math.floor(seen.top / rowHeight) - SPARE);
  const last = Math.min(items.length, Math.ceil((seen.top + seen.height) / rowHeight) + SPARE);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by the keyboard
    <section class="rows" ref={list} aria-label={label} tabIndex={0}>
      <ul style={{ blockSize: `${items.length * rowHeight}px` }}>
        {items.slice(first, last).map((item, place) => (
          <li
            key={first + place}
            aria-setsize={items.length}
            aria-posinset={first + place + 1}
            style={{ insetBlockStart: `${(first + place) * rowHeight}px`, blockSize: `${rowHeight}px` }}
          >
            {row(item, first + place)}
          </li>
        ))}
      </ul>
    </section>
  );
}
