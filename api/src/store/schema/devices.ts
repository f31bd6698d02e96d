import type { Birth, ConfigReported } from '@yaguts/shared';
import type { DeviceAlert } from '../../domain/device-trust.ts';
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
  table,
  text,
} from '../columns.ts';
import { orgs } from './orgs.ts';

export const devices = table(
  'devices',
  {
    org_id: text('org_id')
      .notNull()
      .references(() => orgs.org_id, { onDelete: 'cascade' }),
    device: text('device').notNull(),
    nome: text('nome').notNull(),
    transicao: text('transicao', { enum: ['manual', 'automatica'] })
      .notNull()
      .default('manual'),
    fila_pausada: flag('fila_pausada').notNull().default(false),
    telemetry_s: int('telemetry_s').notNull().default(10),
    /** Outputs a person has set up; the board's own number is in `birth`. */
    saidas: int('saidas').notNull().default(8),
    config_versao: int('config_versao').notNull().default(1),
    /** `[]` until the device has reported; else one report. */
    config_reportada: json<readonly ConfigReported[]>('config_reportada').notNull(),
    presence: text('presence', { enum: ['online', 'offline', 'lost', 'never'] })
      .notNull()
      .default('never'),
    presence_desde: epochMs('presence_desde'),
    visto_em: epochMs('visto_em'),
    boot_id: text('boot_id'),
    /** Of the last `online`: a `lost` with another pair is an old will. */
    session: int('session'),
    /** `[]` until the first birth; else the last one. */
    birth: json<readonly Birth[]>('birth').notNull(),
    fw_version: text('fw_version'),
    journal_id: text('journal_id'),
    /** The boot before this one: an `online` that brings it back means two boards with one credential. */
    boot_anterior: text('boot_anterior'),
    /** The journal before this one: a birth that brings it back means two boards with one credential. */
    journal_anterior: text('journal_anterior'),
    /** Highest seq the device has finished. */
    hi: int('hi').notNull().default(0),
    /** Highest seq given; the next offer takes at least one more. */
    ultimo_seq: int('ultimo_seq').notNull().default(0),
    /** Epoch at the last birth; null before the first. A restore sets '' so that nothing is offered before a birth. */
    birth_epoch: text('birth_epoch'),
    alertas: json<readonly DeviceAlert[]>('alertas').notNull(),
    versao: int('versao').notNull().default(1),
    criado_em: epochMs('criado_em').notNull(),
    removido_em: epochMs('removido_em'),
  },
  (t) => [primaryKey({ columns: [t.org_id, t.device] })],
);

/** One numbered jar of a device. `saldo_mg` and `reservado_mg` are caches: the ledger and the items are the truth. */
export const frascos = table(
  'frascos',
  {
    org_id: text('org_id').notNull(),
    device: text('device').notNull(),
    frasco: int('frasco').notNull(),
    tempero_id: int('tempero_id'),
    /** Micrograms a second (six decimals of g/s); null before the calibration. */
    ug_por_s: int('ug_por_s'),
    min_ms: int('min_ms').notNull().default(0),
    max_ms: int('max_ms').notNull().default(180_000),
    pin: int('pin'),
    minimo_mg: mg('minimo_mg').notNull().default(0),
    desejado_mg: mg('desejado_mg'),
    saldo_mg: mg('saldo_mg').notNull().default(0),
    reservado_mg: mg('reservado_mg').notNull().default(0),
    recontar: flag('recontar').notNull().default(false),
    calibrado_em: epochMs('calibrado_em'),
    lote: text('lote'),
    validade: text('validade'),
    versao: int('versao').notNull().default(1),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.device, t.frasco] }),
    foreignKey({ columns: [t.org_id, t.device], foreignColumns: [devices.org_id, devices.device] }).onDelete(
      'cascade',
    ),
    index('frascos_tempero').on(t.org_id, t.tempero_id),
  ],
);

/** What a frasco held and how fast it ran, since when. */
export const frascoHistorico = table(
  'frasco_historico',
  {
    org_id: text('org_id').notNull(),
    id: rowNumber('id'),
    device: text('device').notNull(),
    frasco: int('frasco').notNull(),
    tempero: text('tempero'),
    ug_por_s: int('ug_por_s'),
    desde: epochMs('desde').notNull(),
    por: text('por'),
  },
  (t) => [index('frasco_historico_frasco').on(t.org_id, t.device, t.frasco, t.desde)],
);

export const commands = table(
  'commands',
  {
    org_id: text('org_id').notNull(),
    id: text('id').notNull(),
    device: text('device').notNull(),
    op: text('op').notNull(),
    params: json<Record<string, unknown>>('params').notNull(),
    estado: text('estado', { enum: ['enviado', 'aceito', 'recusado', 'expirado'] }).notNull(),
    code: text('code'),
    message: text('message'),
    ran_ms: int('ran_ms'),
    por: text('por'),
    criado_em: epochMs('criado_em').notNull(),
    expira_em: epochMs('expira_em').notNull(),
    respondido_em: epochMs('respondido_em'),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.id] }),
    index('commands_device').on(t.org_id, t.device, t.criado_em),
    index('commands_estado').on(t.estado, t.expira_em),
  ],
);
