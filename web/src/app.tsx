import { useEffect } from 'preact/hooks';
import { LocationProvider, Route, Router, useLocation } from 'preact-iso/router';
import { t } from './i18n/t.ts';
import { outside, routes } from './pages/routes.ts';
import { Shell } from './pages/shell.tsx';
import { shownJob } from './store/execution.ts';
import { isHelpShown, useKeyboard } from './store/keyboard.ts';
import { loadSession, session, sessionProblem } from './store/session.ts';
import { lazy } from './ui/lazy.tsx';
import { Page } from './ui/page.tsx';
import { Empty, Fault, Skeleton } from './ui/states.tsx';

const KeysHelp = lazy(() => import('./ui/keys-help.tsx').then((module) => module.KeysHelp));
const ExecutionDialog = lazy(() =>
  import('./pages/execucao/dialog.tsx').then((module) => module.ExecutionDialog),
);

/** @param onShown  called once, when the first page is drawn and has asked for its data */
export function App({ onShown }: { onShown: () => void }) {
  useEffect(onShown, []);
  return (
    <LocationProvider>
      <Rooms />
    </LocationProvider>
  );
}

/** Old links of the user's first documents: the history was a hash route with its filters before the hash. */
const hashRoutes: readonly string[] = ['#execution-history', '#agent-execution-history'];

function Rooms() {
  const { path, url, route } = useLocation();
  useKeyboard(route);
  useEffect(() => {
    const follow = () => {
      if (hashRoutes.includes(location.hash) && path !== '/historico') {
        route(`/historico${location.search}${location.hash}`, true);
      }
    };
    follow();
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [path]);
  const who = session.value;
  const isOutside = path in outside;
  useEffect(() => {
    if (who === null && !isOutside) route(`/entrar?de=${encodeURIComponent(url)}`, true);
  }, [who, isOutside]);

  if (isOutside) {
    return (
      <Router>
        {Object.entries(outside).map(([path, component]) => (
          <Route key={path} path={path} component={component} />
        ))}
      </Router>
    );
  }
  if (who === undefined && sessionProblem.value) {
    return (
      <main class="center">
        <Fault problem={sessionProblem.value} again={() => void loadSession()} />
      </main>
    );
  }
  if (!who) return <Skeleton />;
  return (
    <>
      <Shell>
        <Router>
          {Object.entries(routes).map(([path, component]) => (
            <Route key={path} path={path} component={component} />
          ))}
          <Route default component={Nowhere} />
        </Router>
      </Shell>
      {shownJob.value !== null && <ExecutionDialog />}
      {isHelpShown.value && <KeysHelp />}
    </>
  );
}

function Nowhere() {
  return (
    <Page title={t('nada.titulo')}>
      <Empty text={t('nada.texto')}>
        <a class="btn primary" href="/">
          {t('nav.painel')}
        </a>
      </Empty>
    </Page>
  );
}
