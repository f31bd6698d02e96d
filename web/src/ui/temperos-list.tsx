import { temperos } from '../store/temperos.ts';

export const temperosListId = 'temperos';

/** What may stand in a field for a tempero: the known ones are offered, a new one may be typed. */
export function TemperosList() {
  return (
    <datalist id={temperosListId}>
      {temperos.value?.map(({ id, nome }) => (
        <option key={id} value={nome} />
      ))}
    </datalist>
  );
}
