// What the server says, as this page reads it (docs/serving.md). Times are milliseconds.

export type Mode = "receiver" | "sharer" | "t2t" | "c2c" | "control";

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

// The `c2c` object of a request.
export interface C2cOptions {
  mode: Mode;
  mask?: string; // "all", "none", or a bit mask: "3" is sharers 1 and 2
  fusion?: "sequential" | "parallel";
  control?: string; // mode control: the question whose sharer cache is fused
  context_tokens?: number;
}

export interface ChatRequest {
  model: string;
  messages: Message[];
  max_tokens?: number;
  temperature?: number;
  top_p?: number;
  top_k?: number;
  seed?: number;
  chat_template_kwargs?: { enable_thinking: boolean };
  c2c: C2cOptions;
}

export interface Timings {
  queue_ms?: number;
  sharer_prefill_ms?: number;
  receiver_prefill_ms?: number;
  fuse_ms?: number;
  context_ms?: number; // text-to-text: the sharer's whole text
  decode_ms?: number;
  first_token_ms?: number;
  total_ms?: number;
  predicted_per_second?: number;
  prompt_n?: number;
  predicted_n?: number;
  cache_n?: number; // prompt tokens read for an earlier request that began alike
  fused_n?: number; // receiver tokens that hear at least one sharer
}

export type StreamEvent =
  | { kind: "text"; piece: string }
  | { kind: "context"; piece: string }
  | { kind: "finish"; reason: string; timings?: Timings };

export interface Sharer {
  name: string;
}

// A pair (or a receiver with several sharers) that this page can ask.
export interface Pair {
  id: string;
  receiver: string;
  sharers: Sharer[];
  modes: Mode[]; // without fusers there is no cache-to-cache
  defaults: PairDefaults;
}

// What the run file of a pair says; absent where the server does not tell.
export interface PairDefaults {
  maxTokens?: number;
  contextTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  thinking?: boolean;
}
