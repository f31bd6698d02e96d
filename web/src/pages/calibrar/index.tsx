import { useSignal } from '@preact/signals';
import type { Calibracao, CommandRow, FrascoRow } from '@yaguts/shared';
import { useRoute } from 'preact-iso/router';
import { api } from '../../api/routes.ts';
import { decimal, duration, percent } from '../../i18n/numbers.ts';
import { t, word } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { devices } from '../../store/kitchen.ts';
import { useAct } from '../../ui/act.ts';
import { canOperate, DeviceLight } from '../../ui/device-light.tsx';
import { DecimalField } from '../../ui/field.tsx';
import { followCommand } from '../../ui/follow-command.ts';
import { Icon } from '../../ui/icon.tsx';
import { Page } from '../../ui/page.tsx';
import { Fault } from '../../ui/states.tsx';
import { type Run, summary } from './runs.ts';

const defaultMs = 5_000;
const wantedRuns = 3;

/** Prepare, turn, weigh, ok: at least three runs, their spread shown; the estoque is not touched. */
export default function Calibrar() {
  const { params } = useRoute();
  const id = params.id ?? '';
  const frasco = Number(params.frasco);
  const device = devices.get(id).value?.body;
  const row = useSignal<FrascoRow | undefined>(undefined);
  const runs = useSignal<readonly Run[]>([]);
  const turned = useSignal<CommandRow | undefined>(undefined);
  const weight = useSignal<number | null>(null);
  const saved = useSignal<Calibracao | undefined>(undefined);
  const act = useAct();
  useWatch(`calibrar ${id} ${frasco}`, () => ({
    filters: [],
    fetch: async () => {
      row.value = (await api.frascos(id)).find((one) => one.frasco === frasco);
    },
  }));

  const isTurning = act.isBusy.value && !turned.value && !saved.value;
  const step = saved.value ? 4 : turned.value?.estado === 'aceito' ? 3 : isTurning ? 2 : 1;
  const turn = () =>
    act.run(async () => {
      turned.value = undefined;
      weight.value = null;
      turned.value = await followCommand(id, { op: 'calibrate', frasco, ms: defaultMs });
    });
  const keep = (): void => {
    const command = turned.value;
    if (!command || weight.value === null || !(weight.value > 0)) return;
    runs.value = [
      ...runs.value,
      { command_id: command.id, ms: command.ran_ms ?? defaultMs, gramas: weight.value },
    ];
    turned.value = undefined;
  };
  const save = () =>
    act.run(async () => {
      const medidas = runs.value.map(({ command_id, gramas }) => ({ command_id, gramas }));
      saved.value = await api.calibrate(id, { frasco, medidas });
    });
  const sum = summary(runs.value);
  const before = row.value?.g_por_s ?? null;
  const steps = [t('calibrar.preparar'), t('calibrar.girar'), t('calibrar.pesar'), t('calibrar.ok')];
  return (
    <Page title={t('calibrar.titulo', { n: frasco })}>
      <p class="row">
        <a href={`/dispensadores/${id}`}>{device?.nome ?? id}</a>
        <strong>{row.value?.tempero}</strong>
        {device && <DeviceLight device={device} />}
      </p>
      <ol class="steps">
        {steps.map((text, i) => (
          <li key={text} aria-current={step === i + 1 ? 'step' : undefined}>
            {i + 1} {text}
          </li>
        ))}
      </ol>
      <section class="card">
        {act.problem.value && <Fault problem={act.problem.value} again={() => void turn()} />}
        {step === 1 && (
          <div class="stack">
            <p>{t('calibrar.copo', { tempo: duration(defaultMs) })}</p>
            {turned.value && (
              <p class="note warn">
                {word('comando', turned.value.estado)} {turned.value.code && word('erro', turned.value.code)}.{' '}
                {t('calibrar.repita')}
              </p>
            )}
            <button
              type="button"
              class="btn primary big"
              disabled={!canOperate(device) || device?.job?.status === 'running'}
              onClick={() => void turn()}
            >
              <Icon name="play" />
              {t('calibrar.girar-agora', { tempo: duration(defaultMs) })}
            </button>
            {!canOperate(device) && <p class="soft">{t('cmd.fora')}</p>}
          </div>
        )}
        {step === 2 && (
          <p class="note" role="status">
            <Icon name="wait" />
            {t('calibrar.girando')}
          </p>
        )}
        {step === 3 && (
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault();
              keep();
            }}
          >
            <DecimalField
              label={t('calibrar.peso')}
              hint={t('calibrar.girou', { tempo: duration(turned.value?.ran_ms ?? defaultMs) })}
              value={null}
              onNumber={(value) => (weight.value = value)}
              input={{ class: 'input short', autofocus: true }}
            />
            <div class="row">
              <button
                type="submit"
                class="btn primary"
                disabled={!(weight.value !== null && weight.value > 0)}
              >
                {t('calibrar.anotar')}
              </button>
              <button type="button" class="btn" onClick={() => (turned.value = undefined)}>
                {t('calibrar.repetir')}
              </button>
            </div>
          </form>
        )}
        {step === 4 && saved.value && (
          <div class="stack">
            <p class="note ok" role="status">
              <Icon name="ok" />
              {t('calibrar.salvo', { taxa: decimal(saved.value.g_por_s, 3) })}
            </p>
            <a class="btn primary" href={`/dispensadores/${id}`}>
              {t('acao.voltar')}
            </a>
          </div>
        )}
      </section>
      {runs.value.length > 0 && step !== 4 && (
        <section class="card">
          <h2>{t('calibrar.medidas', { n: runs.value.length })}</h2>
          <ol class="items loose">
            {runs.value.map((run, i) => (
              <li key={run.command_id}>
                <span class="ord">{i + 1}</span>
                <span class="num">
                  {duration(run.ms)} → {decimal(run.gramas, 3)} g
                </span>
                <span class="num">
                  {decimal((run.gramas / run.ms) * 1_000, 3)} g/s{' '}
                  <button
                    type="button"
                    class="btn icon"
                    aria-label={t('calibrar.tirar', { n: i + 1 })}
                    onClick={() => (runs.value = runs.value.toSpliced(i, 1))}
                  >
                    <Icon name="trash" />
                  </button>
                </span>
              </li>
            ))}
          </ol>
          {sum && (
            <p class="row num">
              <strong>{decimal(sum.g_por_s, 3)} g/s</strong>
              {before !== null && (
                <span class="soft">
                  {t('calibrar.antes', {
                    taxa: decimal(before, 3),
                    diferenca: percent(sum.g_por_s / before - 1),
                  })}
                </span>
              )}
              {sum.spread !== null && (
                <span class={`chip ${sum.spread > 0.1 ? 'warn' : 'ok'}`}>
                  {t('calibrar.espalha', { n: percent(sum.spread) })}
                </span>
              )}
            </p>
          )}
          {runs.value.length < wantedRuns && (
            <p class="soft">{t('calibrar.faltam', { n: wantedRuns - runs.value.length })}</p>
          )}
          <button
            type="button"
            class="btn primary big"
            disabled={runs.value.length < wantedRuns || act.isBusy.value}
            onClick={() => void save()}
          >
            {t('acao.salvar')}
          </button>
        </section>
      )}
    </Page>
  );
}
