import '../../style/form.css';
import { useSignal } from '@preact/signals';
import { notices } from '../../api/notices.ts';
import { t } from '../../i18n/t.ts';
import { devices } from '../../store/kitchen.ts';
import { useAct } from '../../ui/act.ts';
import { Fault } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';

/** Which devices a person may work with; nothing ticked: all of them. */
export function DeviceLimit({ user }: { user: string }) {
  const chosen = useSignal<readonly string[] | undefined>(undefined);
  const act = useAct();
  const load = () => act.run(async () => void (chosen.value = await notices.devicesOf(user)));
  // The tick shows at once; it goes back when it could not be stored.
  const toggle = async (id: string, isOn: boolean): Promise<void> => {
    const before = chosen.value ?? [];
    const others = before.filter((one) => one !== id);
    const wanted = isOn ? [...others, id] : others;
    chosen.value = wanted;
    const wentWell = await act.run(async () => {
      chosen.value = await notices.limitDevices(user, wanted);
      toast(t('acao.salvo'));
    });
    if (!wentWell) chosen.value = before;
  };
  return (
    <details onToggle={(event) => event.currentTarget.open && void load()}>
      <summary>{t('pessoa.dispensadores')}</summary>
      <p class="soft">{t('pessoa.dispensadores-dica')}</p>
      {chosen.value &&
        devices.all.value.map(({ device, nome }) => (
          <label key={device} class="check">
            <input
              type="checkbox"
              checked={chosen.value?.includes(device)}
              disabled={act.isBusy.value}
              onChange={(event) => void toggle(device, event.currentTarget.checked)}
            />
            {nome}
          </label>
        ))}
      {act.problem.value && <Fault problem={act.problem.value} />}
    </details>
  );
}
