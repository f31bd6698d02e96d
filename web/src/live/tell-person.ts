import { isWanted, type OrgEvent } from '@yaguts/shared';
import { notices } from '../api/notices.ts';
import { loadTexts } from '../i18n/t.ts';
import { noticePrefs } from '../store/notice-prefs.ts';
import { prefs } from '../store/prefs.ts';
import { chime } from '../ui/chime.ts';
import { noticeLink, noticeText } from '../ui/notice-text.ts';
import { hear } from './hear.ts';

/**
 * Tells the person of events as they want to be told: a notice of the browser where it may, a sound where this
 * browser has it on. Of several tabs only the one that holds the lock `avisos` speaks.
 *
 * @param zone time zone of the org, for the quiet hours
 */
export function tellPerson(zone: string): void {
  void notices.prefs().then(
    (stored) => {
      noticePrefs.value = stored;
    },
    () => {}, // The standard ones hold until somebody opens the page of notices.
  );
  let isOurs = navigator.locks === undefined;
  void navigator.locks?.request('avisos', () => {
    isOurs = true;
    return new Promise(() => {}); // Held until the tab goes.
  });
  const told = (event: OrgEvent | undefined): void => {
    if (event && isOurs) void tell(event, minuteIn(zone, event.ts));
  };
  hear('orgEvent', (_, event) => told(event));
  hear('userEvent', (_, event) => told(event));
}

async function tell({ id, type, data }: OrgEvent, minute: number): Promise<void> {
  if (type === 'connected') return;
  if (isWanted(noticePrefs.value, type, 'som', minute) && prefs.value.sound) chime(false);
  if (!isWanted(noticePrefs.value, type, 'aviso', minute)) return;
  if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return;
  await loadTexts('pages');
  try {
    const shown = new Notification('Yaguts', { body: noticeText(type, data), tag: id });
    shown.onclick = () => {
      window.focus();
      const link = noticeLink(type, data);
      if (link) location.assign(link);
    };
  } catch {
    // Phones show notices only through a service worker; the badge and the list tell there.
  }
}

/** Minute of the day in a time zone. */
export function minuteIn(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(at);
  const of = (name: string) => Number(parts.find(({ type }) => type === name)?.value ?? 0);
  return of('hour') * 60 + of('minute');
}
