import * as v from 'valibot';
import { noticeChannels } from './events.ts';
import { EpochMs, EventType } from './ids.ts';

/** Bodies and answers about what a person was told of and how they want to be told. */

const clock = v.pipe(v.string(), v.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'write a time such as 22:00'));

/** @see ChannelPrefs for what it means */
export const NoticePrefs = v.object({
  eventos: v.pipe(
    v.record(EventType, v.array(v.picklist(noticeChannels))),
    v.check((eventos) => Object.keys(eventos).length <= 100, 'at most 100 events'),
  ),
  silencio: v.nullable(v.object({ de: clock, ate: clock })),
});
export type NoticePrefs = v.InferOutput<typeof NoticePrefs>;
export const standardPrefs: NoticePrefs = { eventos: {}, silencio: null };

/** One kept event, as a person's list shows it. */
export const Notice = v.object({
  /** Rises within the org: the cursor, and what `ate` of reading names. */
  n: v.number(),
  id: v.string(),
  type: EventType,
  ts: EpochMs,
  data: v.record(v.string(), v.unknown()),
  /** For this person alone. */
  pessoal: v.boolean(),
  lido: v.boolean(),
});
export type Notice = v.InferOutput<typeof Notice>;
