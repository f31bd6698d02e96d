import { useSignal } from '@preact/signals';
import { type EstoqueState, limits } from '@yaguts/shared';
import { api } from '../../api/routes.ts';
import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { devices, filledFrascos, filledOn } from '../../store/kitchen.ts';
import { loadTemperos } from '../../store/temperos.ts';
import { useGradually } from '../../ui/gradually.ts';
import { Icon } from '../../ui/icon.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Part } from '../../ui/states.tsx';
import { isEstoqueKnown, useEstoque } from '../../ui/use-job.ts';
import { type Pace, paceOf, readUsage } from './days-left.ts';
import { FrascoCard } from './frasco-card.tsx';
import { Label } from './label.tsx';
import { Ledger } from './ledger.tsx';
import { MoveDialog, type Movement } from './move-dialog.tsx';
import { ShoppingList } from './shopping-list.tsx';
import { TemperoEditor } from './tempero-editor.tsx';

/** As many as a phone shows at first. */
const cardsPerFrame = 4;

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
  const isEmpty = filledFrascos.value.length === 0;
  const drawn = useGradually(filledFrascos.value.length, cardsPerFrame);
  let room = drawn;
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
        has={!isEmpty && isEstoqueKnown(watched)}
        again={watched.again}
        isEmpty={isEmpty}
        empty={
          <Empty text={t('estoque.vazio')}>
            <a class="btn primary" href="/dispensadores">
              {t('nav.dispensadores')}
            </a>
          </Empty>
        }
      >
        {devices.all.value.map((device) => {
          const mine = filledOn(device.device).slice(0, room);
          room -= mine.length;
          return (
            mine.length > 0 && (
              <section key={device.device} class="stack no-print">
                <h2>{device.nome}</h2>
                <div class="grid">
                  {mine.map((id) => (
                    <FrascoCard
                      key={id}
                      id={id}
                      pace={pace}
                      onLabel={(row) => (labelled.value = row)}
                      onMove={(row, kind) => (moving.value = { row, kind })}
                    />
                  ))}
                </div>
              </section>
            )
          );
        })}
        {drawn === filledFrascos.value.length && (
          <>
            <ShoppingList />
            <Ledger />
            <TemperoEditor />
          </>
        )}
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
