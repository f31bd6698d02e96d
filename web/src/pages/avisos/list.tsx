import { useSignal } from '@preact/signals';
import type { Notice } from '@yaguts/shared';
import { useEffect } from 'preact/hooks';
import { notices } from '../../api/notices.ts';
import { ago, dateTime } from '../../i18n/numbers.ts';
import { t } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { now } from '../../store/conn.ts';
import { badge } from '../../store/kitchen.ts';
import { noticePrefs } from '../../store/notice-prefs.ts';
import { zone } from '../../store/session.ts';
import { useAct } from '../../ui/act.ts';
import { Icon } from '../../ui/icon.tsx';
import { noticeIcon, noticeLink, noticeText } from '../../ui/notice-text.ts';
import { Empty, Fault, Part } from '../../ui/states.tsx';

const compactRows = 8;

/** What one was told while away or now, newest first; in the bell and as a page. */
export function NoticeList({ isCompact = false }: { isCompact?: boolean }) {
  const rows = useSignal<readonly Notice[] | undefined>(undefined);
  const next = useSignal<string | null>(null);
  const act = useAct();
  const watched = useWatch('avisos', () => ({
    filters: [],
    fetch: async () => {
      const page = await notices.list({ central: 'true', ...(isCompact && { limit: compactRows }) });
      rows.value = page.rows;
      next.value = page.proximo;
    },
  }));
  // The badge is retained and the same on all screens: when it moves, so has the list; preferences choose in it.
  const unread = badge.value.unread;
  const chosen = noticePrefs.value;
  useEffect(() => watched.again(), [unread, chosen, watched]);
  const more = () =>
    void act.run(async () => {
      const page = await notices.list({ central: 'true', ...(next.value && { cursor: next.value }) });
      rows.value = [...(rows.value ?? []), ...page.rows];
      next.value = page.proximo;
    });
  const newest = rows.value?.[0]?.n;
  return (
    <Part
      status={watched.status.value}
      has={rows.value !== undefined}
      again={watched.again}
      isEmpty={rows.value?.length === 0}
      empty={<Empty text={t('aviso.nada')} />}
    >
      {unread > 0 && newest !== undefined && (
        <button
          type="button"
          class="btn quiet"
          disabled={act.isBusy.value}
          onClick={() => void act.run(async () => void (await notices.read(newest)))}
        >
          <Icon name="ok" />
          {t('aviso.marcar')}
        </button>
      )}
      <ul class="stack">
        {rows.value?.map((notice) => (
          <Row key={notice.id} notice={notice} />
        ))}
      </ul>
      {act.problem.value && <Fault problem={act.problem.value} />}
      {isCompact ? (
        <a class="item" href="/avisos">
          {t('aviso.todos')}
        </a>
      ) : (
        next.value && (
          <button type="button" class="btn" disabled={act.isBusy.value} onClick={more}>
            {t('acao.mais-linhas')}
          </button>
        )
      )}
    </Part>
  );
}

function Row({ notice }: { notice: Notice }) {
  const { type, data, ts, lido } = notice;
  const link = noticeLink(type, data);
  const text = noticeText(type, data);
  return (
    <li class="note">
      <Icon name={noticeIcon(type)} />
      <span class="grow">{link ? <a href={link}>{text}</a> : text}</span>
      {!lido && <span class="chip live">{t('aviso.novo')}</span>}
      <small class="num" title={dateTime(ts, zone())}>
        {ago(now.value - ts)}
      </small>
    </li>
  );
}
