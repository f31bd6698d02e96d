import '../../style/form.css';
import '../../style/kitchen.css';
import { useSignal } from '@preact/signals';
import type { DeviceState, FrascoIn, FrascoRow } from '@yaguts/shared';
import { limits } from '@yaguts/shared';
import { api } from '../../api/routes.ts';
import { dateTime, decimal, editable, grams, parseDecimal } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { can, zone } from '../../store/session.ts';
import { ensureTemperos } from '../../store/temperos.ts';
import { useAct } from '../../ui/act.ts';
import { Icon } from '../../ui/icon.tsx';
import { Fault, Part } from '../../ui/states.tsx';
import { TemperosList, temperosListId } from '../../ui/temperos-list.tsx';
import { toast } from '../../ui/toast.tsx';

/** What each frasco holds; who may manage devices edits it in place, the rest read it. */
export function FrascoTable({ device }: { device: DeviceState }) {
  const rows = useSignal<readonly FrascoRow[] | undefined>(undefined);
  const editing = useSignal<number | undefined>(undefined);
  const id = device.device;
  const watched = useWatch(`frascos ${id}`, () => ({
    filters: [],
    fetch: async () => {
      rows.value = await api.frascos(id);
    },
  }));
  const close = (): void => {
    editing.value = undefined;
    watched.again();
  };
  const it = rows.value;
  const free = it && nextFree(it, device.birth?.frascos ?? limits.maxFrascos);
  return (
    <section class="card">
      <header>
        <h2>{t('disp.frascos-titulo')}</h2>
        {can('devices:manage') && free !== undefined && (
          <button type="button" class="btn" onClick={() => (editing.value = free)}>
            <Icon name="plus" />
            {t('disp.mais-frasco')}
          </button>
        )}
      </header>
      <Part status={watched.status.value} has={it !== undefined} again={watched.again}>
        <ul class="items loose">
          {it?.map((row) => (
            <li key={row.frasco}>
              <span class="ord">{row.frasco}</span>
              <div>
                <strong>{row.tempero ?? t('jarra.vazia')}</strong>{' '}
                <span class="num soft">{row.tempero && grams(row.saldo_g)}</span>
                <br />
                <small class="num">
                  {row.g_por_s === null
                    ? t('disp.sem-calibracao')
                    : t('disp.calibrado', {
                        taxa: decimal(row.g_por_s, 3),
                        quando: dateTime(row.calibrado_em, zone(), 'date'),
                      })}
                  {row.validade && ` · ${t('disp.validade')} ${row.validade}`}
                  {row.lote && ` · ${t('disp.lote')} ${row.lote}`}
                </small>
              </div>
              <div class="row">
                {can('devices:operate') && row.tempero && (
                  <a class="btn" href={`/dispensadores/${id}/calibrar/${row.frasco}`}>
                    {t('calibrar.calibrar')}
                  </a>
                )}
                {can('devices:manage') && (
                  <button
                    type="button"
                    class="btn icon"
                    aria-label={`${t('acao.editar')} ${t('jarra.frasco', { n: row.frasco })}`}
                    onClick={() => (editing.value = row.frasco)}
                  >
                    <Icon name="edit" />
                  </button>
                )}
              </div>
              {editing.value === row.frasco && <FrascoForm device={id} row={row} onDone={close} />}
            </li>
          ))}
          {editing.value !== undefined && !it?.some((row) => row.frasco === editing.value) && (
            <li>
              <FrascoForm device={id} row={emptyFrasco(editing.value)} onDone={close} />
            </li>
          )}
        </ul>
      </Part>
    </section>
  );
}

const nextFree = (rows: readonly FrascoRow[], most: number): number | undefined =>
  Array.from({ length: most }, (_, i) => i + 1).find((n) => !rows.some((row) => row.frasco === n));

const emptyFrasco = (frasco: number): FrascoIn => ({
  frasco,
  tempero: null,
  g_por_s: null,
  min_ms: 0,
  max_ms: limits.maxStepMs,
  pin: null,
  minimo_g: 0,
  desejado_g: null,
  lote: null,
  validade: null,
});

function FrascoForm({ device, row, onDone }: { device: string; row: FrascoIn; onDone: () => void }) {
  const { frasco, tempero, g_por_s, min_ms, max_ms, pin, minimo_g, desejado_g, lote, validade } = row;
  const form = useSignal<FrascoIn>({
    frasco,
    tempero,
    g_por_s,
    min_ms,
    max_ms,
    pin,
    minimo_g,
    desejado_g,
    lote,
    validade,
  });
  const act = useAct();
  const set = (change: Partial<FrascoIn>): void => {
    form.value = { ...form.value, ...change };
  };
  const save = async (): Promise<void> => {
    const body = { ...form.value, tempero: form.value.tempero?.trim() || null };
    if (body.tempero) await ensureTemperos([body.tempero]);
    await api.saveFrascos(device, [body]);
    toast(t('acao.salvo'));
    onDone();
  };
  const amount = (label: string, value: number | null, onNumber: (value: number | null) => void) => (
    <label class="field">
      <span>{label}</span>
      <input
        class="input grams"
        inputMode="decimal"
        defaultValue={editable(value)}
        onInput={(event) => {
          const text = event.currentTarget.value;
          onNumber(text.trim() ? parseDecimal(text) : null);
        }}
      />
    </label>
  );
  const it = form.value;
  const isBad = [it.g_por_s, it.minimo_g, it.desejado_g, it.pin, it.max_ms].some((n) => Number.isNaN(n));
  return (
    <form
      class="frasco-form row"
      onSubmit={(event) => {
        event.preventDefault();
        void act.run(save);
      }}
    >
      <TemperosList />
      <label class="field grow">
        <span>{t('jarra.frasco', { n: frasco })}</span>
        <input
          class="input"
          list={temperosListId}
          maxLength={32}
          placeholder={t('receita.tempero')}
          value={it.tempero ?? ''}
          onInput={(event) => set({ tempero: event.currentTarget.value })}
        />
      </label>
      {amount('g/s', it.g_por_s, (n) => set({ g_por_s: n }))}
      {amount(t('disp.minimo'), it.minimo_g, (n) => set({ minimo_g: n ?? 0 }))}
      {amount(t('disp.cheio'), it.desejado_g, (n) => set({ desejado_g: n }))}
      {amount(t('disp.pino'), it.pin, (n) => set({ pin: n }))}
      <label class="field">
        <span>{t('disp.validade')}</span>
        <input
          class="input"
          type="date"
          value={it.validade ?? ''}
          onChange={(event) => set({ validade: event.currentTarget.value || null })}
        />
      </label>
      <label class="field">
        <span>{t('disp.lote')}</span>
        <input
          class="input short"
          maxLength={32}
          value={it.lote ?? ''}
          onInput={(event) => set({ lote: event.currentTarget.value || null })}
        />
      </label>
      {act.problem.value && <Fault problem={act.problem.value} />}
      <button type="submit" class="btn primary" disabled={act.isBusy.value || isBad}>
        {t('acao.salvar')}
      </button>
      <button type="button" class="btn" onClick={onDone}>
        {t('acao.voltar')}
      </button>
    </form>
  );
}
