import type { JobPreview } from '@yaguts/shared';
import { duration, grams } from '../../i18n/numbers.ts';
import { known, t } from '../../i18n/t.ts';
import { estoque, frascoId } from '../../store/kitchen.ts';
import { can } from '../../store/session.ts';
import { temperoColors } from '../../store/temperos.ts';
import { Icon } from '../../ui/icon.tsx';
import { InSpoons } from '../../ui/in-spoons.tsx';
import { Jar } from '../../ui/jar.tsx';

type Obstaculo = JobPreview['obstaculos'][number];

/** Where a person mends what stands in the way; nothing for what mends itself. */
function fixOf(obstaculo: Obstaculo, device: string | null): { href: string; text: string } | undefined {
  const at = `/dispensadores/${device ?? ''}`;
  switch (obstaculo.code) {
    case 'estoque_insuficiente':
      return can('estoque:edit') ? { href: '/estoque', text: t('estoque.reabastecer') } : undefined;
    case 'recontar':
      return can('estoque:edit') ? { href: '/estoque', text: t('estoque.corrigir') } : undefined;
    case 'sem_frasco':
      return can('devices:manage') ? { href: at, text: t('obst.abrir-frascos') } : undefined;
    case 'sem_calibracao':
      return can('devices:operate') && obstaculo.frasco
        ? { href: `${at}/calibrar/${obstaculo.frasco}`, text: t('calibrar.calibrar') }
        : undefined;
    case 'dispensador_offline':
    case 'dispensador_revogado':
    case 'ocupado':
      return { href: at, text: t('obst.ver-aparelho') };
    default:
      return undefined;
  }
}

/** A code's sentence: of the errors, of the warnings, else the platform's own words. */
function textOf({ code, message }: Obstaculo): string {
  return known('obst', code) ?? known('erro', code) ?? message;
}

/** Grams per frasco, time, and what to mend before. */
export function PreviewView({ preview }: { preview: JobPreview }) {
  return (
    <section class="stack" aria-live="polite">
      {preview.obstaculos.map((obstaculo, i) => {
        const fix = fixOf(obstaculo, preview.device);
        const what = [obstaculo.tempero, obstaculo.frasco && t('jarra.frasco', { n: obstaculo.frasco })];
        return (
          <div key={`${i}${obstaculo.code}`} class={`note ${obstaculo.impede ? 'bad' : 'warn'}`}>
            <Icon name={obstaculo.impede ? 'bad' : 'warn'} />
            <p class="grow">
              {textOf(obstaculo)}
              {what.some(Boolean) && <strong> {what.filter(Boolean).join(', ')}</strong>}
            </p>
            {fix && (
              <a class="btn" href={fix.href}>
                {fix.text}
              </a>
            )}
          </div>
        );
      })}
      {preview.itens.length > 0 && (
        <ol class="items">
          {preview.itens.map((item) => {
            const stock = estoque.get(frascoId(preview.device ?? '', item.frasco)).value?.body;
            const after = item.saldo_g - item.quantidade_g;
            return (
              <li key={item.item_ordem}>
                <Jar
                  size="small"
                  frasco={item.frasco}
                  tempero={item.tempero}
                  saldo_g={item.saldo_g}
                  desejado_g={stock?.desejado_g ?? Math.max(item.saldo_g, 1)}
                  reservado_g={Math.min(item.quantidade_g, item.saldo_g)}
                  cor={temperoColors.value.get(item.tempero)}
                />
                <div>
                  <strong>{item.tempero}</strong>
                  <br />
                  <small>{t('rodar.fica', { gramas: grams(after) })}</small>
                  <br />
                  <InSpoons g={item.quantidade_g} tempero={item.tempero} />
                </div>
                <div class="num">
                  <strong>{grams(item.quantidade_g)}</strong>
                  <br />
                  <small>{duration(item.ms)}</small>
                </div>
              </li>
            );
          })}
        </ol>
      )}
      <p class="row between num">
        <strong>{grams(preview.total_g)}</strong>
        <span>~{duration(preview.total_ms)}</span>
        {preview.na_frente > 0 && (
          <span class="chip warn">{t('rodar.na-frente', { n: preview.na_frente })}</span>
        )}
      </p>
    </section>
  );
}
