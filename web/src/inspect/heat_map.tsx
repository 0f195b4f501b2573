// Gates and scalars as a small map: layers from left to right, heads from top to bottom, darker where the fuser lets more
// through. A closed gate is drawn empty. The same figures stand in a table for those who do not see the drawing.
import type { FusedLayer, KeyValue } from "./types";

interface Props {
  title: string;
  which: keyof KeyValue<unknown>;
  layers: FusedLayer[];
}

const cell = 14;
const gap = 2;

function shade(scalar: number): string {
  const percent = Math.round(100 * Math.min(1, Math.max(0, scalar)));
  return `color-mix(in oklab, var(--fuse) ${percent}%, var(--paper-sunk))`;
}

function Row({ fused, which, column, heads }: { fused: FusedLayer; which: keyof KeyValue<unknown>; column: number; heads: number }) {
  const gate = fused.gates[which];
  return (
    <g>
      {Array.from({ length: heads }, (_, head) => {
        const scalar = gate.scalars[head] ?? (gate.scalars.length === 0 ? 1 : 0);
        return (
          <rect key={head} x={column * (cell + gap)} y={head * (cell + gap)} width={cell} height={cell} rx="2"
            class={gate.open ? "heat" : "heat heat-closed"} style={gate.open ? { fill: shade(scalar) } : {}}>
            <title>{`layer ${fused.layer}, head ${head}: ${gate.open ? scalar.toFixed(2) : "gate closed"}`}</title>
          </rect>
        );
      })}
    </g>
  );
}

export function HeatMap({ title, which, layers }: Props) {
  const heads = Math.max(1, ...layers.map((fused) => fused.gates[which].scalars.length));
  const width = layers.length * (cell + gap);
  const open = layers.filter((fused) => fused.gates[which].open).length;
  return (
    <figure class="heat-map">
      <figcaption>{title}: {open} of {layers.length} gates open (layers across, heads down)</figcaption>
      <svg viewBox={`0 0 ${width} ${heads * (cell + gap) + 12}`} width={width} role="img"
        aria-label={`${title}: mean scalar per layer and head; figures in the table below`}>
        {layers.map((fused, column) => <Row key={column} fused={fused} which={which} column={column} heads={heads} />)}
        {layers.map((fused, column) => column % 5 === 0 && (
          <text key={column} x={column * (cell + gap) + cell / 2} y={heads * (cell + gap) + 10}>{fused.layer}</text>
        ))}
      </svg>
    </figure>
  );
}

const gateText = ({ open, logit }: FusedLayer["gates"]["key"]) =>
  `${open ? "open" : "closed"}${logit === undefined ? "" : ` (${logit.toFixed(2)})`}`;
const scalarText = (scalars: number[]) => scalars.map((scalar) => scalar.toFixed(2)).join(" ") || "–";

export function GateTable({ layers }: { layers: FusedLayer[] }) {
  return (
    <details class="gate-table">
      <summary>Gates and scalars as a table</summary>
      <div class="table-scroll" tabIndex={0} role="region" aria-label="Gates and scalars">
        <table>
          <thead>
            <tr><th>layer</th><th>key gate (logit)</th><th>key scalars by head</th><th>value gate (logit)</th><th>value scalars by head</th></tr>
          </thead>
          <tbody>
            {layers.map(({ layer, gates }) => (
              <tr key={layer}>
                <th scope="row">{layer}</th>
                <td>{gateText(gates.key)}</td>
                <td>{scalarText(gates.key.scalars)}</td>
                <td>{gateText(gates.value)}</td>
                <td>{scalarText(gates.value.scalars)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
