import { t } from '../i18n/t.ts';
import { isHelpShown } from '../store/keyboard.ts';
import { Dialog } from './dialog.tsx';

export function KeysHelp() {
  const keys: readonly (readonly [string, string])[] = [
    ['Shift Esc', t('teclas.parar')],
    ['g p', t('nav.painel')],
    ['g r', t('nav.receitas')],
    ['g h', t('nav.historico')],
    ['g f', t('nav.fila')],
    ['g e', t('nav.estoque')],
    ['/', t('teclas.buscar')],
    ['?', t('teclas.ajuda')],
  ];
  return (
    <Dialog title={t('teclas.titulo')} onClose={() => (isHelpShown.value = false)}>
      <dl class="facts">
        {keys.map(([key, text]) => (
          <div key={key} class="row between">
            <dt>{text}</dt>
            <dd>
              {key.split(' ').map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
