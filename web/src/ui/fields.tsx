// Labelled fields of the settings, each with what the API complained about it, if it did.
import type { ComponentChildren } from "preact";

interface Common {
  id: string;
  label: string;
  hint?: string;
  error?: string;
}

function Labelled({ id, label, hint, error, children }: Common & { children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {error && <p class="failure" id={`${id}-error`}>{error}</p>}
    </div>
  );
}

const described = ({ id, hint, error }: Common) =>
  [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;

interface NumberProps extends Common {
  value: number;
  min: number;
  max: number;
  step?: number;
  disabled?: boolean;
  onValue: (value: number) => void;
}

// Only a number within the limits is taken; while something else stands there, the last good one counts.
export function NumberField(props: NumberProps) {
  const { id, value, min, max, step = 1, disabled, error, onValue } = props;
  const onChange = (event: Event & { currentTarget: HTMLInputElement }) => {
    const input = event.currentTarget;
    if (input.value !== "" && input.validity.valid) onValue(input.valueAsNumber);
    else input.reportValidity();
  };
  return (
    <Labelled {...props}>
      <input id={id} type="number" class="number" value={value} min={min} max={max} step={step} required disabled={disabled}
        aria-invalid={error ? true : undefined} aria-describedby={described(props)} onChange={onChange} />
    </Labelled>
  );
}

interface ChoiceProps extends Common {
  value: string;
  choices: readonly (readonly [value: string, name: string])[];
  onValue: (value: string) => void;
}

export function ChoiceField(props: ChoiceProps) {
  const { id, value, choices, error, onValue } = props;
  return (
    <Labelled {...props}>
      <select id={id} value={value} aria-invalid={error ? true : undefined} aria-describedby={described(props)}
        onChange={(event) => onValue(event.currentTarget.value)}>
        {choices.map(([choice, name]) => <option key={choice} value={choice}>{name}</option>)}
      </select>
    </Labelled>
  );
}

export function CheckField({ id, label, hint, checked, onValue }: Common & { checked: boolean; onValue: (on: boolean) => void }) {
  return (
    <div class="field field-check">
      <label for={id}>
        <input id={id} type="checkbox" checked={checked} aria-describedby={hint && `${id}-hint`}
          onChange={(event) => onValue(event.currentTarget.checked)} />
        <span>{label}</span>
      </label>
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}
