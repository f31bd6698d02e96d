import { type Permission, permissions } from '@yaguts/shared';
import { word } from '../i18n/t.ts';
import { can } from '../store/session.ts';

interface PermissionSetProps {
  readonly legend: string;
  readonly chosen: readonly Permission[];
  readonly onChosen: (chosen: readonly Permission[]) => void;
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
              onChange={(event) =>
                onChosen(event.currentTarget.checked ? [...chosen, one] : chosen.filter((it) => it !== one))
              }
            />
            {word('permissao', one)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
