// What /c2c/inspect says, as the drawings need it.

// Keys and values are fused apart, so whatever is measured comes in two.
export interface KeyValue<T> {
  key: T;
  value: T;
}

export interface InspectedToken {
  text: string;
  section: number;
  sharers: number[]; // which it heard, from 0
  change: KeyValue<number[]>; // by layer: |fused - own| / |own|
}

export interface Gate {
  open: boolean;
  logit: number | undefined; // undefined: a projector without a gate
  scalars: number[]; // by head, mean over the tokens; empty where the projector has none
}

export interface FusedLayer {
  layer: number; // of the receiver
  sharer: number;
  gates: KeyValue<Gate>;
}

export interface Inspected {
  tokens: InspectedToken[];
  layers: FusedLayer[];
}

export const mean = (values: number[]) =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

export const isFused = (token: InspectedToken) => token.sharers.length > 0;
