// The columns as drawings: a blue disc is the receiver, an ochre one the sharer.
import type { Mode } from "../api/types";

const widths: Record<Mode, number> = { receiver: 14, sharer: 14, t2t: 36, c2c: 23, control: 23 };

export function Glyph({ mode }: { mode: Mode }) {
  const width = widths[mode];
  return (
    <svg class="glyph" viewBox={`0 0 ${width} 20`} width={width} height="20" aria-hidden="true">
      {mode === "receiver" && <circle class="glyph-receiver" cx="7" cy="10" r="7" />}
      {mode === "sharer" && <circle class="glyph-sharer" cx="7" cy="10" r="7" />}
      {mode === "t2t" && (
        <>
          <circle class="glyph-sharer" cx="7" cy="10" r="6" />
          <path class="glyph-line" d="M14.5 7.5h6M14.5 10h4.5M14.5 12.5h6" />
          <circle class="glyph-receiver" cx="29" cy="10" r="6" />
        </>
      )}
      {(mode === "c2c" || mode === "control") && (
        <>
          <circle class={mode === "c2c" ? "glyph-sharer" : "glyph-other"} cx="8" cy="10" r="7" />
          <circle class="glyph-receiver glyph-over" cx="16" cy="10" r="7" />
        </>
      )}
    </svg>
  );
}
