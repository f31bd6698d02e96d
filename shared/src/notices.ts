import * as v from 'valibot';
import { EpochMs, EventType } from './ids.ts';
import { platformEvents } from './messages/org.ts';

/**
 * Which events reach a person, and how. `central` is the list of notices with its unread count, kept by the
 * platform; `aviso` (a notice on the screen) and `som` are up to whatever the person has open.
 */
export const noticeChannels = ['central', 'aviso', 'som'] as const;
export type NoticeChannel = (typeof noticeChannels)[number];

const clock = v.pipe(v.string(), v.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'write a time such as 22:00'));

/** A person's own word on events; what is not named is as {@link standardChannels} says. */
export const NoticePrefs = v.object({
  eventos: v.pipe(
    v.record(EventType, v.array(v.picklist(noticeChannels))),
    v.check((eventos) => Object.keys(eventos).length <= 100, 'at most 100 events'),
  ),
  /** Hours without `aviso` and `som`, in the time zone of the org; over midnight when `de` is later than `ate`. */
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

const urgent: readonly NoticeChannel[] = noticeChannels;
const plain: readonly NoticeChannel[] = ['central', 'aviso'];
const standards: Readonly<Record<string, readonly NoticeChannel[]>> = {
  'permission:pending': urgent,
  'permission:decided': plain,
  'agent:execution:error': urgent,
  'device:alert': urgent,
  'device:lost': plain,
  'estoque:low': plain,
};

/**
 * How an event reaches a person who has said nothing about it: what needs somebody and what an integration sends
 * does, the platform's daily running does not.
 */
export function standardChannels(type: string): readonly NoticeChannel[] {
  return standards[type] ?? ((platformEvents as readonly string[]).includes(type) ? [] : plain);
}

/** How an event reaches a person by their preferences, whatever the hour. */
export const channelsOf = (prefs: NoticePrefs, type: string): readonly NoticeChannel[] =>
  Object.hasOwn(prefs.eventos, type) ? (prefs.eventos[type] ?? []) : standardChannels(type);

/**
 * Whether an event is to reach a person now.
 *
 * @param minute minute of the day in the time zone of the org, 0 to 1439
 */
export function isWanted(prefs: NoticePrefs, type: string, channel: NoticeChannel, minute: number): boolean {
  if (!channelsOf(prefs, type).includes(channel)) return false;
  return channel === 'central' || !isQuiet(prefs, minute);
}

/** Whether a minute of the day lies in a person's quiet hours; `de` belongs to them, `ate` no longer. */
export function isQuiet({ silencio }: NoticePrefs, minute: number): boolean {
  if (!silencio) return false;
  const de = minuteOf(silencio.de);
  const ate = minuteOf(silencio.ate);
  return de <= ate ? minute >= de && minute < ate : minute >= de || minute < ate;
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
