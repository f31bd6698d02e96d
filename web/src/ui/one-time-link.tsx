import { CopyButton } from './copy-button.tsx';

/** A link with a one-time code in its fragment, which no server and no log ever sees. */
export const linkTo = (page: 'convite' | 'nova-senha', code: string): string =>
  `${location.origin}/${page}#code=${code}`;

/** Takes the code out of the address bar; undefined when there is none. */
export function takeCode(): string | undefined {
  const code = new URLSearchParams(location.hash.slice(1)).get('code') ?? undefined;
  if (code) history.replaceState(null, '', location.pathname + location.search);
  return code;
}

/** A link to hand over, with a copy button; it is not shown again. */
export function OneTimeLink({ url, hint }: { url: string; hint: string }) {
  return (
    <div class="note warn">
      <p class="mono grow">{url}</p>
      <CopyButton text={url} />
      <small>{hint}</small>
    </div>
  );
}
