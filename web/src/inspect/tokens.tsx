// The prompt, token by token: the line below says which section a token is in, the ground how much fusing changed it.
// One stop for the Tab key; the arrows go from token to token.
import type { TargetedKeyboardEvent } from "preact";
import { useRef } from "preact/hooks";
import { isFused, mean, type InspectedToken } from "./types";

export type Measure = "both" | "key" | "value";

export function changeOf(token: InspectedToken, measure: Measure, layer: number | undefined): number {
  const at = (values: number[]) => (layer === undefined ? mean(values) : values[layer] ?? 0);
  if (measure !== "both") return at(token.change[measure]);
  return (at(token.change.key) + at(token.change.value)) / 2;
}

// Blanks and line ends are shown, else their tokens would be invisible.
const shownText = (text: string) => text.replace(/\n/g, "⏎").replace(/^ /, "·").replace(/^$/, "∅");

interface Props {
  tokens: InspectedToken[];
  measure: Measure;
  layer: number | undefined;
  selected: number | undefined;
  onSelect: (index: number) => void;
}

export function Tokens({ tokens, measure, layer, selected, onSelect }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const changes = tokens.map((token) => changeOf(token, measure, layer));
  const most = Math.max(1e-9, ...changes);
  const go = (index: number) => {
    const to = Math.min(tokens.length - 1, Math.max(0, index));
    onSelect(to);
    list.current?.querySelectorAll<HTMLElement>(".token")[to]?.focus();
  };
  const onKey = (event: TargetedKeyboardEvent<HTMLElement>) => {
    const here = selected ?? 0;
    const steps: Record<string, number> = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tokens.length - 1 };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  };
  const ground = (index: number) =>
    isFused(tokens[index]!)
      ? { backgroundColor: `color-mix(in oklab, var(--fuse) ${Math.round((55 * changes[index]!) / most)}%, var(--paper))` }
      : {};
  return (
    <div class="tokens" ref={list} role="listbox" aria-label="Tokens of the prompt" onKeyDown={onKey}>
      {tokens.map((token, index) => (
        <span key={index} role="option" class={`token section-${token.section % 4}${isFused(token) ? "" : " token-own"}`}
          aria-selected={index === selected} tabIndex={index === (selected ?? 0) ? 0 : -1} style={ground(index)}
          onClick={() => onSelect(index)} onMouseEnter={() => onSelect(index)}>
          {shownText(token.text)}
        </span>
      ))}
    </div>
  );
}
