import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n/t.ts';
import { badge } from '../store/kitchen.ts';
import { can } from '../store/session.ts';
import { Icon } from './icon.tsx';
import { lazy } from './lazy.tsx';

const Approvals = lazy(() => import('../pages/aprovacoes/list.tsx').then((m) => m.ApprovalList));

/** Approvals wherever one is: the count is the retained badge; it pulses three times when it rises, then rests. */
export function Bell() {
  const count = badge.value.permission_pending;
  const before = useRef(count);
  const [isPulsing, setPulsing] = useState(false);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    if (count > before.current) showPulseBadge(setPulsing);
    before.current = count;
  }, [count]);
  if (!can('jobs:approve')) return null;
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
        {isOpen && <Approvals isCompact />}
      </div>
    </>
  );
}

/** Three pulses, then rest: the animation runs three times and its class goes away after it. */
function showPulseBadge(setPulsing: (is: boolean) => void): void {
  setPulsing(true);
  setTimeout(() => setPulsing(false), 2_200);
}
