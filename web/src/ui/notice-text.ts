import { decimal } from '../i18n/numbers.ts';
import { type Key, known, t, word } from '../i18n/t.ts';
import type { IconName } from './icon.tsx';

type Data = Readonly<Record<string, unknown>>;

/** What an event says, in a sentence; an integration's own type is shown as it came. */
export function noticeText(type: string, data: Data): string {
  if (known('evento', type) === undefined) return `${type} ${ownWords(data)}`.trim();
  const { code, decisao, saldo_g } = data;
  const said = Object.entries(data).flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' ? [[name, value] as const] : [],
  );
  return t(`evento.${type}` as Key, {
    ...Object.fromEntries(said),
    quem: String(data.criado_por ?? '–'),
    alerta: word('alerta', String(code)),
    decisao: word('decisao', String(decisao)),
    saldo: typeof saldo_g === 'number' ? decimal(saldo_g, 1) : '–',
  });
}

/** The plain fields of an integration's event, shortened. */
function ownWords(data: Data): string {
  const words = Object.entries(data).map(([name, value]) =>
    typeof value === 'object' ? name : `${name}: ${String(value)}`,
  );
  return words.join(' · ').slice(0, 200);
}

/** Where an event leads, if anywhere. */
export function noticeLink(type: string, { job_id, device }: Data): string | undefined {
  if (type === 'permission:pending') return '/aprovacoes';
  if (typeof job_id === 'number') return `/execucoes/${job_id}`;
  if (type === 'estoque:low') return '/estoque';
  return typeof device === 'string' ? `/dispensadores/${device}` : undefined;
}

export function noticeIcon(type: string): IconName {
  if (type.startsWith('permission:')) return 'aprovacoes';
  if (type === 'agent:execution:error') return 'bad';
  if (type === 'device:alert' || type === 'device:lost' || type === 'estoque:low') return 'warn';
  return type.startsWith('device:') ? 'dispensadores' : type.startsWith('task:') ? 'receitas' : 'info';
}
