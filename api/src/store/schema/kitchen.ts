import {
  epochMs,
  flag,
  foreignKey,
  index,
  int,
  json,
  mg,
  primaryKey,
  rowNumber,
  sql,
  table,
  text,
  uniqueIndex,
} from '../columns.ts';
import { orgs } from './orgs.ts';

export const temperos = table(
  'temperos',
  {
    org_id: text('org_id')
      .notNull()
      .references(() => orgs.org_id, { onDelete: 'cascade' }),
    id: rowNumber('id'),
    nome: text('nome').notNull(),
    /** Milligrams in one millilitre; null when nobody has measured it. */
    densidade_mg_ml: int('densidade_mg_ml'),
    alergenos: json<readonly string[]>('alergenos').notNull(),
    cor: text('cor'),
    removido_em: epochMs('removido_em'),
  },
  (t) => [
    uniqueIndex('temperos_org').on(t.org_id, t.id),
    uniqueIndex('temperos_nome').on(t.org_id, t.nome).where(sql`removido_em is null`),
  ],
);

export const receitas = table(
  'receitas',
  {
    org_id: text('org_id')
      .notNull()
      .references(() => orgs.org_id, { onDelete: 'cascade' }),
    id: rowNumber('id'),
    nome: text('nome').notNull(),
    notas: text('notas').notNull().default(''),
    tags: json<readonly string[]>('tags').notNull(),
    favorita: flag('favorita').notNull().default(false),
    versao: int('versao').notNull().default(1),
    atualizada_em: epochMs('atualizada_em').notNull(),
    removida_em: epochMs('removida_em'),
  },
  (t) => [
    uniqueIndex('receitas_org').on(t.org_id, t.id),
    uniqueIndex('receitas_nome').on(t.org_id, t.nome).where(sql`removida_em is null`),
  ],
);

export const receitaItens = table(
  'receita_itens',
  {
    org_id: text('org_id').notNull(),
    receita_id: int('receita_id').notNull(),
    item_ordem: int('item_ordem').notNull(),
    tempero_id: int('tempero_id').notNull(),
    quantidade_mg: mg('quantidade_mg').notNull(),
    escala: text('escala', { enum: ['linear', 'fixa'] })
      .notNull()
      .default('linear'),
    critico: flag('critico').notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.receita_id, t.item_ordem] }),
    index('receita_itens_tempero').on(t.org_id, t.tempero_id),
    foreignKey({
      columns: [t.org_id, t.receita_id],
      foreignColumns: [receitas.org_id, receitas.id],
    }).onDelete('cascade'),
  ],
);

/**
 * The estoque ledger, append-only: the saldo of a frasco is the sum of its rows. One `saida` per item of a
 * job and one `estorno` per movement, by unique index.
 */
export const estoqueMov = table(
  'estoque_mov',
  {
    org_id: text('org_id').notNull(),
    id: rowNumber('id'),
    device: text('device').notNull(),
    frasco: int('frasco').notNull(),
    tempero: text('tempero'),
    tipo: text('tipo', { enum: ['entrada', 'saida', 'ajuste', 'estorno'] }).notNull(),
    /** Signed: what it adds to the saldo. */
    quantidade_mg: mg('quantidade_mg').notNull(),
    /** The saldo after it. */
    saldo_mg: mg('saldo_mg').notNull(),
    job_id: int('job_id'),
    item_ordem: int('item_ordem'),
    estorna: int('estorna'),
    por: text('por'),
    nota: text('nota').notNull().default(''),
    em: epochMs('em').notNull(),
  },
  (t) => [
    uniqueIndex('estoque_mov_saida').on(t.org_id, t.job_id, t.item_ordem).where(sql`tipo = 'saida'`),
    uniqueIndex('estoque_mov_estorno').on(t.org_id, t.estorna).where(sql`estorna is not null`),
    index('estoque_mov_frasco').on(t.org_id, t.device, t.frasco, t.id),
  ],
);
