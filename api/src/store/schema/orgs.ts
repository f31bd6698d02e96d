import { retentionDays } from '@yaguts/shared';
import { epochMs, index, int, json, mg, primaryKey, table, text, uniqueIndex } from '../columns.ts';

/** Facts of the installation: `epoch`, `criado_em`, `instance`. */
export const meta = table('meta', {
  chave: text('chave').primaryKey(),
  valor: text('valor').notNull(),
});

export const politicasEstoque = ['recusa', 'avisa', 'parcial'] as const;
export const regrasAprovacao = ['ninguem', 'solicitantes', 'todos'] as const;

export const orgs = table('orgs', {
  org_id: text('org_id').primaryKey(),
  nome: text('nome').notNull(),
  fuso: text('fuso').notNull().default('America/Sao_Paulo'),
  idioma: text('idioma').notNull().default('pt-BR'),
  /** Largest multiplicador of a job, in thousandths. */
  limite_multiplicador_milesimos: int('limite_multiplicador_milesimos').notNull().default(100_000),
  /** Largest job in all, null for no limit. */
  limite_mg: mg('limite_mg'),
  politica_estoque: text('politica_estoque', { enum: politicasEstoque }).notNull().default('recusa'),
  regra_aprovacao: text('regra_aprovacao', { enum: regrasAprovacao }).notNull().default('ninguem'),
  /** Of ended executions with their entries; what else is forgotten has its own number below. */
  retencao_dias: int('retencao_dias').notNull().default(retentionDays.execucoes.standard),
  retencao_avisos_dias: int('retencao_avisos_dias').notNull().default(retentionDays.avisos.standard),
  retencao_comandos_dias: int('retencao_comandos_dias').notNull().default(retentionDays.comandos.standard),
  retencao_rejeitadas_dias: int('retencao_rejeitadas_dias')
    .notNull()
    .default(retentionDays.rejeitadas.standard),
  /** Null: every act is kept. */
  retencao_auditoria_dias: int('retencao_auditoria_dias'),
  /** Since when an archive is being written into it: until that is whole it is no org yet. Null for every org there is. */
  importando_desde: epochMs('importando_desde'),
  criado_em: epochMs('criado_em').notNull(),
});

/** Append-only; `hash` = SHA-256(prev ‖ row), so that a row taken out or changed is seen. */
export const audit = table(
  'audit',
  {
    org_id: text('org_id').notNull(),
    n: int('n').notNull(),
    em: epochMs('em').notNull(),
    quem: text('quem').notNull(),
    acao: text('acao').notNull(),
    alvo: text('alvo').notNull(),
    endereco: text('endereco').notNull().default(''),
    antes: text('antes'),
    depois: text('depois'),
    prev: text('prev').notNull(),
    hash: text('hash').notNull(),
  },
  (t) => [primaryKey({ columns: [t.org_id, t.n] }), index('audit_em').on(t.org_id, t.em)],
);

/** Events an org or one person was told of, kept so that who was away sees them. */
export const events = table(
  'events',
  {
    org_id: text('org_id').notNull(),
    id: text('id').notNull(),
    /** Rises within the org: cursor of lists, and until where a person has read. */
    n: int('n').notNull().default(0),
    type: text('type').notNull(),
    user_id: text('user_id'),
    data: json<Record<string, unknown>>('data').notNull(),
    ts: epochMs('ts').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.id] }),
    uniqueIndex('events_n').on(t.org_id, t.n),
    index('events_ts').on(t.org_id, t.ts),
  ],
);

/** One answer per Idempotency-Key: `escopo` is the person or device and the route. */
export const idempotency = table(
  'idempotency',
  {
    org_id: text('org_id').notNull(),
    escopo: text('escopo').notNull(),
    chave: text('chave').notNull(),
    digest: text('digest').notNull(),
    status: int('status'),
    resposta: text('resposta'),
    /** Which run of the platform took it: what a dead one has left unanswered may be asked again. */
    processo: text('processo').notNull().default(''),
    criado_em: epochMs('criado_em').notNull(),
    expira_em: epochMs('expira_em').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.escopo, t.chave] }),
    index('idempotency_expira').on(t.expira_em),
  ],
);
