import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { StaleNote } from './states.tsx';

interface PageProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Buttons beside the title. */
  readonly actions?: ComponentChildren;
}

/** The frame of every page: its h1 takes the focus on arrival, so that a screen reader says where one is. */
export function Page({ title, actions, children }: PageProps) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    document.title = `${title} · Yaguts`;
  }, [title]);
  return (
    <main class="page" id="conteudo">
      <div class="page-head">
        <h1 ref={head} tabIndex={-1}>
          {title}
        </h1>
        {actions && <div class="row no-print">{actions}</div>}
      </div>
      <StaleNote />
      {children}
    </main>
  );
}
