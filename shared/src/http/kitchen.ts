import * as v from 'valibot';
import { EpochMs, Frasco, Gramas, Id, Nome, Versao } from '../ids.ts';
import { limits } from '../limits.ts';
import { commandId, commandOps } from '../messages/device.ts';

/** Bodies and answers of the kitchen: temperos, receitas, devices, frascos, estoque. */

const rowId = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const tag = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(24));
const texto = v.pipe(v.string(), v.maxLength(2_000));

export const TemperoIn = v.object({
  nome: Nome,
  /** Grams in one millilitre, for colher de chá and pitada; null when nobody has measured it. */
  densidade_g_ml: v.optional(v.nullable(v.pipe(v.number(), v.minValue(0.01), v.maxValue(25))), null),
  alergenos: v.optional(v.pipe(v.array(tag), v.maxLength(16)), []),
  cor: v.optional(v.nullable(v.pipe(v.string(), v.regex(/^#[0-9a-f]{6}$/))), null),
});
export const Tempero = v.object({ id: rowId, ...TemperoIn.entries });
export type TemperoIn = v.InferOutput<typeof TemperoIn>;
export type Tempero = v.InferOutput<typeof Tempero>;

export const ReceitaItemIn = v.object({
  tempero: Nome,
  quantidade_g: v.pipe(Gramas, v.minValue(0.001, 'must be above 0')),
  escala: v.optional(v.picklist(['linear', 'fixa']), 'linear'),
  critico: v.optional(v.boolean(), false),
});
export const ReceitaIn = v.object({
  nome: Nome,
  notas: v.optional(texto, ''),
  tags: v.optional(v.pipe(v.array(tag), v.maxLength(16)), []),
  favorita: v.optional(v.boolean(), false),
  itens: v.pipe(
    v.array(ReceitaItemIn),
    v.minLength(1, 'a receita needs an item'),
    v.maxLength(limits.maxItens),
  ),
});
export const Receita = v.object({
  id: rowId,
  versao: Versao,
  ...ReceitaIn.entries,
  atualizada_em: EpochMs,
  /** What its running needs, on the devices there are: devices that could pour it now. */
  pode_agora: v.array(Id),
});
export type ReceitaIn = v.InferOutput<typeof ReceitaIn>;
export type ReceitaItemIn = v.InferOutput<typeof ReceitaItemIn>;
export type Receita = v.InferOutput<typeof Receita>;

export const DeviceIn = v.object({
  id: Id,
  nome: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64)),
  frascos: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.maxFrascos)), 8),
});
export const DevicePatch = v.partial(
  v.object({
    nome: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64)),
    transicao: v.picklist(['manual', 'automatica']),
    telemetry_s: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3_600)),
  }),
);
/** The credential as it is shown, once. */
export const DeviceCredential = v.object({
  org: Id,
  device: Id,
  username: v.string(),
  client_id: v.string(),
  password: v.string(),
});
export type DeviceIn = v.InferOutput<typeof DeviceIn>;
export type DevicePatch = v.InferOutput<typeof DevicePatch>;
export type DeviceCredential = v.InferOutput<typeof DeviceCredential>;

/** One frasco of a device as a person sets it; the estoque moves through movimentos only. */
export const FrascoIn = v.object({
  frasco: Frasco,
  tempero: v.nullable(Nome),
  g_por_s: v.optional(v.nullable(v.pipe(v.number(), v.minValue(0.001), v.maxValue(1_000))), null),
  min_ms: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(limits.maxStepMs)), 0),
  max_ms: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.maxStepMs)),
    limits.maxStepMs,
  ),
  pin: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(48))), null),
  minimo_g: v.optional(Gramas, 0),
  desejado_g: v.optional(v.nullable(Gramas), null),
  lote: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(32))), null),
  validade: v.optional(v.nullable(v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}$/))), null),
});
export const FrascosIn = v.object({ frascos: v.pipe(v.array(FrascoIn), v.maxLength(limits.maxFrascos)) });
export type FrascoIn = v.InferOutput<typeof FrascoIn>;
export const FrascoRow = v.object({
  ...FrascoIn.entries,
  saldo_g: v.number(),
  reservado_g: v.number(),
  calibrado_em: v.nullable(EpochMs),
  recontar: v.boolean(),
  versao: Versao,
});
export type FrascoRow = v.InferOutput<typeof FrascoRow>;

/** Runs of a frasco that were weighed: by the `calibrate` command that made them, or by their milliseconds. */
export const CalibracaoIn = v.object({
  frasco: Frasco,
  medidas: v.pipe(
    v.array(
      v.pipe(
        v.object({
          command_id: v.optional(commandId),
          ms: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.maxStepMs))),
          gramas: v.pipe(Gramas, v.minValue(0.001, 'must be above 0')),
        }),
        v.check(
          (medida) => (medida.command_id === undefined) !== (medida.ms === undefined),
          'name the command that ran, or its ms',
        ),
      ),
    ),
    v.minLength(1, 'weigh at least one run'),
    v.maxLength(20),
  ),
});
export type CalibracaoIn = v.InferOutput<typeof CalibracaoIn>;
/** `desvio` is the spread of the runs, (largest − smallest) ÷ mean; null for a single run. */
export const Calibracao = v.object({
  frasco: Frasco,
  g_por_s: v.number(),
  desvio: v.nullable(v.number()),
  medidas: v.array(v.object({ ms: v.number(), gramas: v.number(), g_por_s: v.number() })),
  calibrado_em: EpochMs,
});
export type Calibracao = v.InferOutput<typeof Calibracao>;

export const movimentoTipos = ['entrada', 'saida', 'ajuste', 'estorno'] as const;
/**
 * A movement made by a person. `entrada` adds grams; `ajuste` with `saldo_g` sets what was weighed;
 * `estorno` undoes the movement named. `saida` is made by committed entries only.
 */
export const MovimentoIn = v.variant('tipo', [
  v.object({
    tipo: v.literal('entrada'),
    device: Id,
    frasco: Frasco,
    quantidade_g: v.pipe(Gramas, v.minValue(0.001)),
    nota: v.optional(v.pipe(v.string(), v.maxLength(200)), ''),
  }),
  v.object({
    tipo: v.literal('ajuste'),
    device: Id,
    frasco: Frasco,
    saldo_g: Gramas,
    nota: v.optional(v.pipe(v.string(), v.maxLength(200)), ''),
  }),
  v.object({
    tipo: v.literal('estorno'),
    movimento_id: rowId,
    nota: v.optional(v.pipe(v.string(), v.maxLength(200)), ''),
  }),
]);
export type MovimentoIn = v.InferOutput<typeof MovimentoIn>;
export const Movimento = v.object({
  id: rowId,
  device: Id,
  frasco: Frasco,
  tempero: v.nullable(v.string()),
  tipo: v.picklist(movimentoTipos),
  /** Signed: what it adds to the saldo. */
  quantidade_g: v.number(),
  saldo_g: v.number(),
  job_id: v.nullable(rowId),
  item_ordem: v.nullable(v.number()),
  estorna: v.nullable(rowId),
  estornado: v.boolean(),
  por: v.nullable(v.string()),
  nota: v.string(),
  em: EpochMs,
});
export type Movimento = v.InferOutput<typeof Movimento>;

export const CommandIn = v.object({
  op: v.picklist(commandOps),
  frasco: v.optional(Frasco),
  ms: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.maxStepMs))),
  on_ms: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.maxStepMs))),
  off_ms: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.maxStepMs))),
  cycles: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100))),
});
export type CommandIn = v.InferOutput<typeof CommandIn>;
export const commandEstados = ['enviado', 'aceito', 'recusado', 'expirado'] as const;
export const CommandRow = v.object({
  id: v.string(),
  device: Id,
  op: v.picklist(commandOps),
  estado: v.picklist(commandEstados),
  code: v.nullable(v.string()),
  message: v.nullable(v.string()),
  ran_ms: v.nullable(v.number()),
  por: v.nullable(v.string()),
  criado_em: EpochMs,
  expira_em: EpochMs,
  respondido_em: v.nullable(EpochMs),
});
export type CommandRow = v.InferOutput<typeof CommandRow>;
