/** Events of the platform; an integration adds types of its own, outside the reserved prefixes. */
export const platformEvents = [
  'task:created',
  'task:approved',
  'task:rejected',
  'task:executed',
  'agent:execution:start',
  'agent:execution:complete',
  'agent:execution:error',
  'device:online',
  'device:lost',
  'device:offline',
  'device:alert',
  'estoque:low',
  'permission:pending',
  'permission:decided',
  'connected',
] as const;

export const reservedEventPrefixes: readonly string[] = [
  'task:',
  'agent:',
  'device:',
  'estoque:',
  'permission:',
  'connected',
];

/**
 * How an event reaches a person: `central` is the list of notices with its unread count, kept by the platform;
 * `aviso` (a notice on the screen) and `som` are up to whatever the person has open.
 */
export const noticeChannels = ['central', 'aviso', 'som'] as const;
export type NoticeChannel = (typeof noticeChannels)[number];

/** A person's own word on events; what is not named is as {@link standardChannels} says. */
export interface ChannelPrefs {
  readonly eventos: Readonly<Record<string, readonly NoticeChannel[]>>;
  /** Hours without `aviso` and `som`, in the time zone of the org; over midnight when `de` is later than `ate`. */
  readonly silencio: { readonly de: string; readonly ate: string } | null;
}

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
  if (Object.hasOwn(standards, type)) return standards[type] ?? [];
  return (platformEvents as readonly string[]).includes(type) ? [] : plain;
}

/** How an event reaches a person by their preferences, whatever the hour. */
export const channelsOf = (prefs: Pick<ChannelPrefs, 'eventos'>, type: string): readonly NoticeChannel[] =>
  Object.hasOwn(prefs.eventos, type) ? (prefs.eventos[type] ?? []) : standardChannels(type);

/**
 * Whether an event is to reach a person now.
 *
 * @param minute minute of the day in the time zone of the org, 0 to 1439
 */
export function isWanted(prefs: ChannelPrefs, type: string, channel: NoticeChannel, minute: number): boolean {
  if (!channelsOf(prefs, type).includes(channel)) return false;
  return channel === 'central' || !isQuiet(prefs, minute);
}

/** Whether a minute of the day lies in a person's quiet hours; `de` belongs to them, `ate` no longer. */
export function isQuiet({ silencio }: Pick<ChannelPrefs, 'silencio'>, minute: number): boolean {
  if (!silencio) return false;
  const de = minuteOf(silencio.de);
  const ate = minuteOf(silencio.ate);
  return de <= ate ? minute >= de && minute < ate : minute >= de || minute < ate;
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
