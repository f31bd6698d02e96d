import '../style/form.css';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { editable, parseDecimal } from '../i18n/numbers.ts';

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  /** What is wrong, shown under the field and tied to it. */
  readonly fault?: string | undefined;
  readonly children: (props: {
    id: string;
    'aria-describedby': string;
    'aria-invalid': boolean;
  }) => ComponentChildren;
}

export function Field({ label, hint, fault, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-d`, 'aria-invalid': fault !== undefined })}
      <small id={`${id}-d`} class={fault ? 'fault' : ''}>
        {fault ?? hint}
      </small>
    </div>
  );
}

/** The few attributes our fields use; the whole list of the DOM's does not survive exact optional types. */
interface InputProps {
  readonly type?: 'text' | 'password' | 'search' | 'date' | 'time' | 'email';
  readonly class?: string;
  readonly autoComplete?: string;
  readonly autoCapitalize?: 'none' | 'sentences';
  readonly autofocus?: boolean;
  readonly spellcheck?: boolean;
  readonly required?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly placeholder?: string;
  readonly list?: string;
}

interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly onText: (text: string) => void;
  readonly hint?: string | undefined;
  readonly fault?: string | undefined;
  readonly input?: InputProps;
}

/** A labelled line of text. */
export function TextField({ label, value, onText, hint, fault, input }: TextProps) {
  return (
    <Field label={label} hint={hint} fault={fault}>
      {(tie) => (
        <input
          class="input"
          {...(input as object | undefined)}
          {...tie}
          value={value}
          onInput={(e) => onText(e.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface DecimalProps extends Omit<TextProps, 'value' | 'onText'> {
  readonly value: number | null;
  /** NaN while what stands there is no number; null when empty. */
  readonly onNumber: (value: number | null) => void;
}

/** A decimal as it is typed in either language, on the phone's number pad. Redrawn only when it loses focus. */
export function DecimalField({ value, onNumber, input, ...rest }: DecimalProps) {
  return (
    <Field {...rest}>
      {(tie) => (
        <input
          class="input"
          inputMode="decimal"
          autoComplete="off"
          {...(input as object | undefined)}
          {...tie}
          defaultValue={editable(value)}
          onInput={(e) => {
            const text = e.currentTarget.value;
            onNumber(text.trim() === '' ? null : parseDecimal(text));
          }}
        />
      )}
    </Field>
  );
}

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onValue: (value: string) => void;
  readonly hint?: string;
}

export function SelectField({ label, value, options, onValue, hint }: SelectProps) {
  return (
    <Field label={label} hint={hint}>
      {(tie) => (
        <select class="input" {...tie} value={value} onChange={(e) => onValue(e.currentTarget.value)}>
          {options.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
