import * as v from 'valibot';
import { EpochMs, Frasco, ItemOrdem, JobId, Nome, Seq, Versao } from '../ids.ts';
import { limits } from '../limits.ts';

/** What a device says of itself (contract, section 2). Unknown fields are ignored everywhere. */

const bootId = v.pipe(v.string(), v.minLength(1), v.maxLength(16));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const presenceStates = ['online', 'offline', 'lost'] as const;

/** The will is `lost` with the pair of its own connection; `session` = boot counter × 65,536 + connection. */
export const Presence = v.object({
  state: v.picklist(presenceStates),
  boot_id: bootId,
  session: count,
});
export type Presence = v.InferOutput<typeof Presence>;

export const Birth = v.object({
  fw_version: v.pipe(v.string(), v.maxLength(32)),
  hw: v.pipe(v.string(), v.maxLength(32)),
  schema: v.optional(count, 1),
  journal_id: v.pipe(v.string(), v.minLength(1), v.maxLength(32)),
  boot_id: v.optional(bootId),
  /** The highest finished seq; 0 when none has finished. */
  hi: count,
  epoch: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(64))), null),
  reset_reason: v.optional(v.pipe(v.string(), v.maxLength(32)), ''),
  /** How many outputs the board drives. */
  frascos: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(limits.maxFrascos)),
  limits: v.object({
    max_itens: v.pipe(v.number(), v.integer(), v.minValue(1)),
    max_job_bytes: v.pipe(v.number(), v.integer(), v.minValue(256)),
    max_step_ms: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
  capabilities: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(32))), v.maxLength(32)), []),
  active: v.optional(v.nullable(v.object({ job_id: JobId, seq: Seq })), null),
});
export type Birth = v.InferOutput<typeof Birth>;

export const Telemetry = v.looseObject({
  rssi: v.optional(v.number()),
  heap_free: v.optional(v.number()),
  flash_free: v.optional(v.number()),
  uptime_ms: v.optional(count),
});
export type Telemetry = v.InferOutput<typeof Telemetry>;

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
/** One serial line, mirrored. */
export const LogLine = v.object({
  tag: v.pipe(v.string(), v.maxLength(16)),
  text: v.pipe(v.string(), v.maxLength(240)),
  uptime_ms: v.optional(count),
});
export type LogLine = v.InferOutput<typeof LogLine>;

export const Progress = v.object({
  item_ordem: ItemOrdem,
  frasco: Frasco,
  ran_ms: count,
  of_ms: count,
});
export type Progress = v.InferOutput<typeof Progress>;

export const ConfigFrasco = v.object({
  frasco: Frasco,
  /** Null for a frasco that holds nothing. */
  tempero: v.nullable(Nome),
  g_por_s: v.nullable(v.pipe(v.number(), v.finite(), v.minValue(0.001), v.maxValue(1_000))),
  pin: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(48))),
  min_ms: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(limits.maxStepMs)),
  max_ms: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.maxStepMs)),
});

export const ConfigDesired = v.object({
  versao: Versao,
  frascos: v.pipe(v.array(ConfigFrasco), v.maxLength(limits.maxFrascos)),
  telemetry_s: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3_600)),
});
export type ConfigDesired = v.InferOutput<typeof ConfigDesired>;

export const ConfigReported = v.object({
  versao: Versao,
  errors: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(120))), v.maxLength(32))),
});
export type ConfigReported = v.InferOutput<typeof ConfigReported>;

export const commandOps = [
  'identify',
  'reboot',
  'prime',
  'clean',
  'calibrate',
  'stop',
  'pause',
  'resume',
] as const;
export type CommandOp = (typeof commandOps)[number];
export const commandId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]{1,36}$/));
const runMs = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.maxStepMs));

/** One object for all ops: `prime` and `calibrate` need frasco and ms; `clean` frasco, on_ms, off_ms, cycles. */
export const Command = v.object({
  id: commandId,
  expires_at: EpochMs,
  frasco: v.optional(Frasco),
  ms: v.optional(runMs),
  on_ms: v.optional(runMs),
  off_ms: v.optional(runMs),
  cycles: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100))),
});
export type Command = v.InferOutput<typeof Command>;

/** `ran_ms` says what a motor command really ran, for the calibration. */
export const CommandAccepted = v.object({ id: commandId, ran_ms: v.optional(count) });
export const CommandRejected = v.object({
  id: commandId,
  code: v.pipe(v.string(), v.maxLength(32)),
  message: v.optional(v.pipe(v.string(), v.maxLength(200)), ''),
});

export const OtaDesired = v.object({
  versao: v.pipe(v.string(), v.maxLength(32)),
  board: v.pipe(v.string(), v.maxLength(32)),
  counter: count,
  min_from: v.pipe(v.string(), v.maxLength(32)),
  url: v.pipe(v.string(), v.maxLength(512)),
  size: count,
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  sig: v.pipe(v.string(), v.maxLength(256)),
});

export const otaStates = [
  'idle',
  'queued',
  'downloading',
  'verified',
  'updating',
  'confirming',
  'updated',
  'failed',
  'rolled_back',
] as const;
export const OtaState = v.object({
  state: v.picklist(otaStates),
  percent: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(100))),
  version: v.optional(v.pipe(v.string(), v.maxLength(32))),
  message: v.optional(v.pipe(v.string(), v.maxLength(200))),
});
