import * as v from 'valibot';
import { EpochMs, Id } from '../ids.ts';

/** What a limit counts; `report` are the completes of firmware v0.2, `login` the failed tries of an account or address. */
export const rateKinds = ['address', 'person', 'device', 'report', 'claim', 'login'] as const;
export type RateKind = (typeof rateKinds)[number];

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** A limit in force: a bucket of `rajada` that fills by `por_minuto`. */
const RateLimit = v.object({ tipo: v.picklist(rateKinds), por_minuto: v.number(), rajada: v.number() });
/** Somebody of the own org who was told to wait since the platform started, most often first. */
const Waited = { recusas: count, ultima_em: EpochMs };

/**
 * `GET /api/limits`: the limits in force and who was told to wait since `desde`, in the own org; for whoever runs
 * the installation also the counts of all of it, and what the broker has refused, by name.
 */
export const RateLimits = v.object({
  desde: EpochMs,
  limites: v.array(RateLimit),
  pessoas: v.array(v.object({ user: Id, ...Waited })),
  dispensadores: v.array(v.object({ device: Id, ...Waited })),
  instalacao: v.nullable(
    v.object({
      recusas: v.object(v.entriesFromList(rateKinds, count)),
      broker: v.record(v.string(), count),
    }),
  ),
});
export type RateLimits = v.InferOutput<typeof RateLimits>;
