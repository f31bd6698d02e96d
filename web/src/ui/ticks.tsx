import { t } from '../i18n/t.ts';

/** One tick: the device poured. Two: committed, and the estoque is down. Icon and word, never colour alone. */
export function Ticks({ saved }: { saved: boolean }) {
  return (
    <span class="tick">
      <svg viewBox="0 0 28 20" fill="none" stroke="currentColor" stroke-width="2.6" aria-hidden="true">
        <path d="M3 11l5 5L19 4" stroke-linecap="round" stroke-linejoin="round" />
        {saved && <path d="M12.500 15l1.500 1L25 4" stroke-linecap="round" stroke-linejoin="round" />}
      </svg>
      {t(saved ? 'tique.salvo' : 'tique.dispensado')}
    </span>
  );
}
