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
  const toggle = (id: string, isOn: boolean) =>
    void act.run(async () => {
      const others = (chosen.value ?? []).filter((one) => one !== id);
      chosen.value = await notices.limitDevices(user, isOn ? [...others, id] : others);
      toast(t('acao.salvo'));
    });
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
              onChange={(event) => toggle(device, event.currentTarget.checked)}
            />
            {nome}
          </label>
        ))}
      {act.problem.value && <Fault problem={act.problem.value} />}
    </details>
  );
}
