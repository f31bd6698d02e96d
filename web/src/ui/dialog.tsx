import '../style/dialog.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../i18n/t.ts';
import { Icon } from './icon.tsx';
import { StopButton } from './stop-button.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly subtitle?: ComponentChildren;
}

/**
 * A modal of the browser's own: focus is trapped, Esc closes, and focus goes back to the opener. Closing
 * never acts: what runs goes on.
 */
export function Dialog({ title, subtitle, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const opener = document.activeElement;
    const dialog = ref.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div class="dialog-body">
        <header>
          <div>
            <h2 id={id} tabIndex={-1}>
              {title}
            </h2>
            {subtitle}
          </div>
          <button type="button" class="btn icon quiet" aria-label={t('acao.fechar')} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
      {/* A modal makes the rest of the page inert, the stop button too: so every dialog has its own. */}
      <footer class="dialog-stop">
        <StopButton />
      </footer>
    </dialog>
  );
}
