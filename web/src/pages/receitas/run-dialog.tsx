import { useSignal } from '@preact/signals';
import type { JobPreview, Receita } from '@yaguts/shared';
import { limits } from '@yaguts/shared';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { newKey } from '../../api/http.ts';
import { api } from '../../api/routes.ts';
import { decimal, editable, grams } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { isFresh } from '../../store/conn.ts';
import { showBegun } from '../../store/execution.ts';
import { devices } from '../../store/kitchen.ts';
import { prefs } from '../../store/prefs.ts';
import { useAct } from '../../ui/act.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { DecimalField, SelectField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Fault, Skeleton } from '../../ui/states.tsx';
import { isConfirmedAbove } from './elsewhere.ts';
import { multiplicadorFor } from './filter.ts';
import { PreviewView } from './preview.tsx';

/** A pause in typing after which the platform is asked again. */
const settleMs = 250;

/** Before a run: how many times, on which device, what each frasco gives, what stands in the way; one confirm. */
export function RunDialog({ receita, onClose }: { receita: Receita; onClose: () => void }) {
  const times = useSignal<number | null>(1);
  const device = useSignal(receita.pode_agora[0] ?? devices.ids.value[0] ?? '');
  const preview = useSignal<JobPreview | undefined>(undefined);
  const redraw = useSignal(0);
  const asking = useAct();
  const act = useAct();
  const key = useMemo(newKey, []);
  const value = times.value;
  const isValid = value !== null && value > 0 && value <= limits.maxMultiplicador;

  useEffect(() => {
    if (!isValid) {
      preview.value = undefined;
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(() => {
      void asking.run(async () => {
        const body = {
          receita_id: receita.id,
          multiplicador: value,
          ...(device.value ? { device: device.value } : {}),
        };
        preview.value = await api.preview(body, stop.signal).catch((error: unknown) => {
          if (stop.signal.aborted) return preview.value;
          throw error;
        });
      });
    }, settleMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [value, device.value, isFresh.value]);

  const set = (next: number): void => {
    times.value = Math.min(limits.maxMultiplicador, Math.max(0.001, Math.round(next * 1_000) / 1_000));
    redraw.value++;
  };
  const start = async (): Promise<void> => {
    const { job_id } = await api.createJob(
      {
        receita_id: receita.id,
        multiplicador: value ?? 1,
        ...(device.value ? { device: device.value } : {}),
      },
      key,
    );
    onClose();
    showBegun(job_id);
  };
  const it = preview.value;
  const [isAbove] = useState(isConfirmedAbove);
  const confirm = (
    <div class="row end confirm">
      <button type="button" class="btn" onClick={onClose}>
        {t('acao.voltar')}
      </button>
      <button
        type="button"
        class="btn primary big grow"
        disabled={!it?.pode || !isValid || act.isBusy.value || !isFresh.value}
        onClick={() => void act.run(start)}
      >
        <Icon name="play" />
        {it && it.na_frente > 0
          ? t('rodar.por-na-fila', { gramas: grams(it.total_g) })
          : t('rodar.executar', { gramas: it ? grams(it.total_g) : '' })}
      </button>
    </div>
  );
  return (
    <Dialog title={receita.nome} subtitle={<p class="soft">{t('rodar.texto')}</p>} onClose={onClose}>
      {isAbove && confirm}
      <div class="row">
        <button
          type="button"
          class="btn icon step"
          aria-label={t('rodar.menos')}
          onClick={() => set((value ?? 1) - (value && value > 1 ? 1 : 0.5))}
        >
          –
        </button>
        {/* A kiosk asks for no typing. */}
        {prefs.value.kiosk ? (
          <output class="times num" aria-label={t('rodar.vezes')}>{`×${decimal(value ?? 0, 3)}`}</output>
        ) : (
          <div class="input-short" key={redraw.value}>
            <DecimalField
              label={t('rodar.vezes')}
              value={value}
              onNumber={(next) => (times.value = next)}
              fault={isValid ? undefined : t('rodar.vezes-falha', { n: limits.maxMultiplicador })}
              input={{ class: 'input short', autofocus: true }}
            />
          </div>
        )}
        <button
          type="button"
          class="btn icon step"
          aria-label={t('rodar.mais')}
          onClick={() => set(Math.floor(value ?? 0) + 1)}
        >
          +
        </button>
        {devices.all.value.length > 1 && (
          <div class="field-wide">
            <SelectField
              label={t('rodar.onde')}
              value={device.value}
              options={devices.all.value.map((one) => [one.device, one.nome])}
              onValue={(next) => (device.value = next)}
            />
          </div>
        )}
      </div>
      {!prefs.value.kiosk && <ByItem receita={receita} onTimes={set} />}
      {asking.problem.value && <Fault problem={asking.problem.value} />}
      {it ? <PreviewView preview={it} /> : isValid && !asking.problem.value && <Skeleton />}
      {act.problem.value && <Fault problem={act.problem.value} />}
      {!isAbove && confirm}
      {!isFresh.value && <p class="soft">{t('rodar.sem-conexao')}</p>}
    </Dialog>
  );
}

/** "Tenho 40 g de sal": the multiplicador from what one has of one item. */
function ByItem({ receita, onTimes }: { receita: Receita; onTimes: (times: number) => void }) {
  const scaling = receita.itens.filter((item) => item.escala === 'linear');
  const tempero = useSignal(scaling[0]?.tempero ?? '');
  const have_g = useSignal<number | null>(null);
  if (scaling.length === 0) return null;
  // Whichever of the two is said last, the other one still counts.
  const scale = (): void => {
    const times = multiplicadorFor(receita, tempero.value, have_g.value ?? Number.NaN);
    if (times !== undefined) onTimes(times);
  };
  return (
    <details>
      <summary>{t('rodar.por-item')}</summary>
      <div class="row">
        <DecimalField
          label={t('rodar.tenho')}
          value={null}
          onNumber={(next) => {
            have_g.value = next;
            scale();
          }}
          input={{ class: 'input short' }}
        />
        <SelectField
          label={t('receita.tempero')}
          value={tempero.value}
          options={scaling.map((item) => [
            item.tempero,
            `${item.tempero} · ${editable(item.quantidade_g)} g`,
          ])}
          onValue={(next) => {
            tempero.value = next;
            scale();
          }}
        />
      </div>
    </details>
  );
}
