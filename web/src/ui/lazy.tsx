import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { HttpProblem } from '../api/http.ts';
import { loadTexts, type Part } from '../i18n/t.ts';
import { Fault, Skeleton } from './states.tsx';

const reloadedKey = 'yaguts.reloaded';

/** A component that comes later; `preload` brings it and its texts before anybody draws it. */
export type LazyComponent<P extends object> = ComponentType<P> & { preload(): Promise<unknown> };

/**
 * A component in a chunk of its own, with its honest states: skeleton while it comes, a fault when it does
 * not. After a deploy the old page's chunks are gone: it is loaded anew once, and only once.
 */
export function lazy<P extends object>(
  load: () => Promise<ComponentType<P>>,
  ...texts: readonly Part[]
): LazyComponent<P> {
  let loaded: ComponentType<P> | undefined;
  const preload = async (): Promise<ComponentType<P>> => {
    const [made] = await Promise.all([load(), loadTexts('pages', ...texts)]);
    return (loaded = made);
  };
  return Object.assign(Lazy, { preload });

  function Lazy(props: P) {
    const [Component, set] = useState<{ is: ComponentType<P> } | undefined>(loaded && { is: loaded });
    const [isLost, setLost] = useState(false);
    useEffect(() => {
      if (Component || isLost) return;
      preload().then(
        (made) => set({ is: made }),
        () => {
          if (navigator.onLine && !sessionStorage.getItem(reloadedKey)) {
            sessionStorage.setItem(reloadedKey, '1');
            location.reload();
          } else setLost(true);
        },
      );
    }, [isLost]);
    if (Component) return <Component.is {...props} />;
    if (isLost) return <Fault problem={new HttpProblem('offline')} again={() => setLost(false)} />;
    return <Skeleton />;
  }
}
