import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso/router';
import { t } from '../i18n/t.ts';
import { can, logout, session } from '../store/session.ts';
import { updateReady } from '../store/update.ts';
import { Bell } from '../ui/bell.tsx';
import { Icon } from '../ui/icon.tsx';
import { Lights } from '../ui/lights.tsx';
import { StopButton } from '../ui/stop-button.tsx';
import { Toasts } from '../ui/toast.tsx';
import { barPlaces, type Place, places } from './nav.ts';

/** Bottom bar on a phone, left rail from 900 px; the stop button stands apart in both. */
export function Shell({ children }: { children: ComponentChildren }) {
  const { path } = useLocation();
  const open: Place[] = places.filter(
    (place) => (!place.needs || can(place.needs)) && (!place.isPlatform || session.value?.plataforma),
  );
  if (__SIMULATOR__ && session.value?.development) {
    open.push({ path: '/simulador', key: 'nav.simulador', icon: 'simulador' });
  }
  const isHere = (place: Place) => (place.path === '/' ? path === '/' : path.startsWith(place.path));
  const rest = open.slice(barPlaces);
  const item = (place: Place, inMenu = false) => (
    <a
      class="item"
      href={place.path}
      aria-current={isHere(place) ? 'page' : undefined}
      onClick={inMenu ? () => document.getElementById('mais')?.hidePopover() : undefined}
    >
      <Icon name={place.icon} />
      <span>{t(place.key)}</span>
    </a>
  );
  return (
    <div class="shell">
      <a class="skip" href="#conteudo">
        {t('nav.pular')}
      </a>
      <header class="top">
        <Brand />
        <Lights />
        <Bell />
      </header>
      {children}
      <nav class="nav" aria-label={t('nav.rotulo')}>
        <Brand />
        <ul class="places">
          {open.map((place, i) => (
            <li key={place.path} class={i < barPlaces ? '' : 'wide'}>
              {item(place)}
            </li>
          ))}
          <li class="narrow">
            <button
              type="button"
              class="item"
              popovertarget="mais"
              aria-current={rest.some(isHere) ? 'page' : undefined}
            >
              <Icon name="mais" />
              <span>{t('nav.mais')}</span>
            </button>
          </li>
          <li class="wide">
            <button type="button" class="item" onClick={() => void logout()}>
              <Icon name="logout" />
              <span>{t('nav.sair')}</span>
            </button>
          </li>
        </ul>
        <StopButton />
      </nav>
      <div id="mais" popover="auto" class="menu">
        {rest.map((place) => item(place, true))}
        <button type="button" class="item" onClick={() => void logout()}>
          <Icon name="logout" />
          <span>{t('nav.sair')}</span>
        </button>
      </div>
      {updateReady.value && (
        <div class="toasts update">
          <div class="toast">
            <span class="grow">{t('estado.atualizar')}</span>
            <button type="button" class="btn" onClick={() => location.reload()}>
              {t('acao.atualizar')}
            </button>
          </div>
        </div>
      )}
      <Toasts />
    </div>
  );
}

function Brand() {
  return (
    <a class="brand" href="/" aria-label="Yaguts">
      <img src="/icons/yaguts.svg" alt="" width="28" height="28" />
      <span>Yaguts</span>
    </a>
  );
}
