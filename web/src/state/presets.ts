// Ways of asking, by name: budgets, sampling, and questions worth asking.
import type { Pair } from "../api/types";
import type { Settings } from "./settings";

export interface Preset {
  name: string;
  title: string;
  about: string;
  examples: string[];
  settings: (pair: Pair) => Partial<Settings>;
}

// Of `c2c data wordnet`'s form: what the fuser of the demo's pair was trained on.
const wordnetExamples = [
  'What does the word "lantern" mean?',
  'What does the word "harvest" mean?',
  'What does the word "glacier" mean?',
  'What does the word "apprentice" mean?',
];

// The reference's demo, word for word (script/playground/gradio_demo.py).
const referenceExamples = [
  "Why is the Mars Exploration Rover Spirit currently tilted towards the north?\n\n" +
    "A. Because it’s climbing up a big hill.\n" +
    "B. Because it’s in the southern hemisphere where it is winter now.\n" +
    "C. Because it’s in the northern hemisphere where it is winter now.\n" +
    "D. Because one of its wheels broke.",
  "In an experiment, you have two saltwater samples. The first is 500g at 20% concentration, and the second is 300g at " +
    "10% concentration. If you mix them together, what will be the mass percent of salt in the final solution? " +
    "(Give your answer to one decimal place).",
];

export const pairPreset: Preset = {
  name: "pair",
  title: "This pair",
  about: "Budgets and sampling as the pair’s run file has them; what a word means, which this kind of pair has learnt.",
  examples: wordnetExamples,
  settings: ({ defaults }) => ({
    budgets: {
      receiver: defaults.maxTokens ?? 64,
      t2t: defaults.maxTokens ?? 64,
      c2c: defaults.maxTokens ?? 64,
      context: defaults.contextTokens ?? 48,
    },
    sampling: (defaults.temperature ?? 0) > 0,
    temperature: defaults.temperature || 0.7,
    topP: defaults.topP ?? 0.8,
    topK: defaults.topK ?? 20,
    thinking: defaults.thinking ?? false,
    system: undefined,
    fusion: "",
  }),
};

export const referencePreset: Preset = {
  name: "reference-demo",
  title: "Reference demo",
  about:
    "As the authors’ demo asks: an empty system message, greedy, 2048 new tokens alone, 256 for the note, 512 for each " +
    "answer. Sampling, if switched on: temperature 0.7, top-p 0.8, top-k 20.",
  examples: referenceExamples,
  settings: () => ({
    budgets: { receiver: 2048, t2t: 512, c2c: 512, context: 256 },
    sampling: false,
    temperature: 0.7,
    topP: 0.8,
    topK: 20,
    thinking: false,
    system: "",
    fusion: "",
  }),
};

export const presets: readonly Preset[] = [pairPreset, referencePreset];

export function presetNamed(name: string): Preset {
  return presets.find((preset) => preset.name === name) ?? pairPreset;
}

// Another question than the one that was asked: what the control's sharer reads unless somebody writes one.
export function otherQuestion(preset: Preset, question: string): string {
  return preset.examples.find((example) => example !== question.trim()) ?? "Which river is the longest?";
}
