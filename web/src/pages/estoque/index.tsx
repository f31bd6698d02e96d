import { useSignal } from '@preact/signals';
import { type EstoqueState, limits } from '@yaguts/shared';
import { api } from '../../api/routes.ts';
import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { devices, estoque } from '../../store/kitchen.ts';
import { loadTemperos } from '../../store/temperos.ts';
import { Icon } from '../../ui/icon.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Part } from '../../ui/states.tsx';
import { useEstoque } from '../../ui/use-job.ts';
import { daysLeft, type Pace, paceOf, readUsage } from './days-left.ts';
import { FrascoCard } from './frasco-card.tsx';
import { Label } from './label.tsx';
import { Ledger } from './ledger.tsx';
import { MoveDialog, type Movement } from './move-dialog.tsx';
import { ShoppingList } from './shopping-list.tsx';
import { TemperoEditor } from './tempero-editor.tsx';

export default function Estoque() {
  const watched = useEstoque();
  useWatch('temperos', () => ({ filters: [], fetch: loadTemperos }));
  const pace = useSignal<Pace>(new Map());
  useWatch('usage', () => ({
    filters: [],
    fetch: async () => {
      const now = Date.now();
      pace.value = paceOf(
        await readUsage((cursor) => api.movimentos({ cursor, limit: limits.pageRows }), now),
        now,
      );
    },
  }));
  const moving = useSignal<{ readonly row: EstoqueState; readonly kind: Movement } | undefined>(undefined);
  const labelled = useSignal<EstoqueState | undefined>(undefined);
  const rows = estoque.all.value.filter((row) => row.tempero !== null);
  return (
    <Page
      title={t('nav.estoque')}
      actions={
        <button type="button" class="btn" onClick={() => print()}>
          <Icon name="print" />
          {t('estoque.imprimir')}
        </button>
      }
    >
      <Part
        status={watched.status.value}
        has={rows.length > 0}
        again={watched.again}
        isEmpty={rows.length === 0}
        empty={
          <Empty text={t('estoque.vazio')}>
            <a class="btn primary" href="/dispensadores">
              {t('nav.dispensadores')}
            </a>
          </Empty>
        }
      >
        {devices.all.value.map((device) => {
          const mine = rows.filter((row) => row.device === device.device);
          return (
            mine.length > 0 && (
              <section key={device.device} class="stack no-print">
                <h2>{device.nome}</h2>
                <div class="grid">
                  {mine.map((row) => (
                    <FrascoCard
                      key={row.frasco}
                      row={row}
                      onLabel={() => (labelled.value = row)}
                      days={daysLeft(row, pace.value)}
                      onMove={(kind) => (moving.value = { row, kind })}
                    />
                  ))}
                </div>
              </section>
            )
          );
        })}
        <ShoppingList rows={rows} />
        <Ledger />
        <TemperoEditor />
      </Part>
      {labelled.value && (
        <Label
          key={`${labelled.value.device}/${labelled.value.frasco}`}
          row={labelled.value}
          device={devices.get(labelled.value.device).value?.body?.nome ?? labelled.value.device}
          onDone={() => (labelled.value = undefined)}
        />
      )}
      {moving.value && (
        <MoveDialog
          row={moving.value.row}
          kind={moving.value.kind}
          onClose={() => (moving.value = undefined)}
        />
      )}
    </Page>
  );
}
