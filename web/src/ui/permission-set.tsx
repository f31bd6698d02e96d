import '../style/form.css';
import { type Permission, permissions } from '@yaguts/shared';
import { word } from '../i18n/t.ts';
import { can } from '../store/session.ts';

interface PermissionSetProps {
  readonly legend: string;
  readonly chosen: readonly Permission[];
  /** Given what to make of the set as it is then: two ticks may come before the next drawing. */
  readonly onChosen: (next: (chosen: readonly Permission[]) => readonly Permission[]) => void;
  readonly isDisabled?: boolean;
  /** Owning the kitchen goes with the role alone, but a token may carry it. */
  readonly withOwning?: boolean;
}

/** A list of permissions to tick. Nobody gives what they do not have, so only one's own are offered. */
export function PermissionSet(props: PermissionSetProps) {
  const { legend, chosen, onChosen, isDisabled = false, withOwning = false } = props;
  const offered = permissions.filter((one) => can(one) && (withOwning || one !== 'org:own'));
  return (
    <fieldset class="stack" disabled={isDisabled}>
      <legend>{legend}</legend>
      <div class="grid">
        {offered.map((one) => (
          <label key={one} class="check">
            <input
              type="checkbox"
              checked={chosen.includes(one)}
              onChange={({ currentTarget: { checked } }) =>
                onChosen((now) => [...now.filter((it) => it !== one), ...(checked ? [one] : [])])
              }
            />
            {word('permissao', one)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
