import { useState } from 'preact/hooks';
import { t } from '../i18n/t.ts';

/** Copies a text and says so, until another text is to be copied. */
export function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState<string | undefined>(undefined);
  return (
    <button
      type="button"
      class="btn"
      onClick={(event) => void copy(text, event.currentTarget).then(() => setCopied(text))}
    >
      {t(copied === text ? 'acao.copiado' : 'acao.copiar')}
    </button>
  );
}

/**
 * Browsers give the clipboard to https and to this machine only; a tablet that opens the kitchen by its address on
 * plain http copies the old way, from a field that stands for a moment beside the button (inside its dialog, because
 * a modal lets nothing outside be selected).
 */
async function copy(text: string, button: HTMLElement): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'hidden';
  button.after(field);
  field.select();
  document.execCommand('copy');
  field.remove();
  button.focus();
}
