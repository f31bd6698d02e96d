import { signal } from '@preact/signals';
import { t } from '../i18n/t.ts';
import { Icon } from './icon.tsx';

/** Toasts answer one's own act, nobody else's: the page itself shows what others did. */
interface Toast {
  readonly id: number;
  readonly text: string;
  readonly undo?: (() => void) | undefined;
}
const toasts = signal<readonly Toast[]>([]);
let ids = 0;

const dismiss = (id: number): void => {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
};

/** Says that something was done; `undo` puts a button beside it. Leaves by itself after 6 s, 10 s with undo. */
export function toast(text: string, undo?: () => void): void {
  const id = ++ids;
  toasts.value = [...toasts.value.slice(-2), { id, text, undo }];
  setTimeout(() => dismiss(id), undo ? 10_000 : 6_000);
}

export function Toasts() {
  return (
    <div class="toasts" role="status">
      {toasts.value.map(({ id, text, undo }) => (
        <div class="toast" key={id}>
          <span class="grow">{text}</span>
          {undo && (
            <button
              type="button"
              class="btn"
              onClick={() => {
                undo();
                dismiss(id);
              }}
            >
              {t('acao.desfazer')}
            </button>
          )}
          <button type="button" class="btn icon" aria-label={t('acao.fechar')} onClick={() => dismiss(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
