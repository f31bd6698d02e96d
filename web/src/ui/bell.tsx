import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n/t.ts';
import { badge } from '../store/kitchen.ts';
import { can } from '../store/session.ts';
import { Icon } from './icon.tsx';
import { lazy } from './lazy.tsx';

const Notices = lazy(() => import('../pages/avisos/list.tsx').then((m) => m.NoticeList));
const Approvals = lazy(() => import('../pages/aprovacoes/list.tsx').then((m) => m.ApprovalList));

/**
 * What waits for one, wherever one is: approvals and unread notices. The count is the retained badge, where a
 * waiting approval is an unread notice too; it pulses three times when it rises, then rests.
 */
export function Bell() {
  const { permission_pending: pending, unread } = badge.value;
  const count = Math.max(pending, unread);
  const before = useRef(count);
  const [isPulsing, setPulsing] = useState(false);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (count > before.current) showPulseBadge(setPulsing);
    before.current = count;
  }, [count]);
  return (
    <>
      <button
        type="button"
        class={`btn icon quiet bell ${isPulsing ? 'pulse' : ''}`}
        aria-label={t('sino.rotulo', { n: count })}
        popovertarget="sino"
      >
        <Icon name="bell" />
        {count > 0 && <b aria-hidden="true">{count > 99 ? '99+' : count}</b>}
      </button>
      <div
        id="sino"
        popover="auto"
        class="menu top-menu"
        onToggle={(event) => setOpen((event as unknown as ToggleEvent).newState === 'open')}
      >
        {isOpen && can('jobs:approve') && pending > 0 && <Approvals isCompact />}
        {isOpen && <Notices isCompact />}
      </div>
    </>
  );
}

/** Three pulses, then rest: the animation runs three times and its class goes away after it. */
function showPulseBadge(setPulsing: (is: boolean) => void): void {
  setPulsing(true);
  setTimeout(() => setPulsing(false), 2_200);
}
