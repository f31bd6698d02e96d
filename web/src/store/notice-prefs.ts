import { signal } from '@preact/signals';
import type { NoticePrefs } from '@yaguts/shared';

/** How the person wants to be told of events; as the platform thinks right until it is fetched. */
export const noticePrefs = signal<NoticePrefs>({ eventos: {}, silencio: null });
