import { useSignal } from '@preact/signals';
import { api } from '../../api/routes.ts';
import { devices } from '../../store/kitchen.ts';
import { useAct } from '../../ui/act.ts';
import { DecimalField, SelectField, TextField } from '../../ui/field.tsx';
import { Page } from '../../ui/page.tsx';
import { Fault } from '../../ui/states.tsx';

/**
 * The contract's simulator parameters by their own names, so nothing here is translated. Development only:
 * a production build leaves this file out.
 */
export default function Simulador() {
  const job = useSignal<number | null>(null);
  const delay = useSignal<number | null>(2_000);
  const fails = useSignal('');
  const isDrop = useSignal(false);
  const dropAt = useSignal<number | null>(null);
  const dropFor = useSignal<number | null>(5);
  const device = useSignal('');
  const answer = useSignal<unknown>(undefined);
  const act = useAct();
  const run = () =>
    act.run(async () => {
      answer.value = undefined;
      answer.value = await api.simulate({
        ...(job.value ? { job_id: job.value } : {}),
        ...(device.value ? { device: device.value } : {}),
        frasco_delay_ms: delay.value ?? 2_000,
        fail_frasco_indices: fails.value
          .split(/[\s,]+/)
          .filter(Boolean)
          .map(Number),
        simulate_wifi_drop: isDrop.value,
        drop_at_frasco_index: dropAt.value,
        drop_duration_seconds: dropFor.value ?? 5,
      });
    });
  return (
    <Page title="Simulador">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <div class="grid">
          <DecimalField label="job_id" value={job.value} onNumber={(n) => (job.value = n)} />
          <SelectField
            label="device"
            value={device.value}
            options={[['', '–'], ...devices.all.value.map((one) => [one.device, one.nome] as const)]}
            onValue={(value) => (device.value = value)}
          />
          <DecimalField label="frasco_delay_ms" value={delay.value} onNumber={(n) => (delay.value = n)} />
          <TextField
            label="fail_frasco_indices"
            hint="0, 2"
            value={fails.value}
            onText={(text) => (fails.value = text)}
          />
          <DecimalField
            label="drop_at_frasco_index"
            value={dropAt.value}
            onNumber={(n) => (dropAt.value = n)}
          />
          <DecimalField
            label="drop_duration_seconds"
            value={dropFor.value}
            onNumber={(n) => (dropFor.value = n)}
          />
          <label class="check">
            <input
              type="checkbox"
              checked={isDrop.value}
              onChange={(event) => (isDrop.value = event.currentTarget.checked)}
            />
            simulate_wifi_drop
          </label>
        </div>
        {act.problem.value && <Fault problem={act.problem.value} />}
        <button type="submit" class="btn primary big" disabled={act.isBusy.value}>
          POST /devices/test/simulate-execution
        </button>
        {answer.value !== undefined && <pre class="log">{JSON.stringify(answer.value, null, 2)}</pre>}
      </form>
    </Page>
  );
}
