// How much the fuser changed keys and values, layer by layer: the mean of the prompt, or one token.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { KeyValue } from "./types";

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options(width: number): uPlot.Options {
  const ink = colour("--ink-soft");
  const grid = { stroke: colour("--line"), width: 1 };
  const font = "11px " + colour("--mono");
  const axis = { stroke: ink, grid, ticks: { show: false }, font, labelFont: font, labelSize: 16 };
  return {
    width,
    height: 180,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false } },
    axes: [
      { ...axis, label: "layer", size: 28 },
      { ...axis, size: 44 },
    ],
    series: [
      {},
      { label: "keys", stroke: colour("--receiver"), width: 2, points: { size: 4 } },
      { label: "values", stroke: colour("--sharer"), width: 2, dash: [6, 3], points: { size: 4 } },
    ],
  };
}

export function ChangeCurve({ change, theme }: { change: KeyValue<number[]>; theme: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const layers = change.key.map((_, layer) => layer);
    const plot = new uPlot(options(element.clientWidth), [layers, change.key, change.value], element);
    const watcher = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: 180 }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      plot.destroy();
    };
  }, [change, theme]);
  return <div class="curve" ref={place} role="img" aria-label="Relative change of keys and values by layer" />;
}
