import { t } from '../../i18n/t.ts';
import { can } from '../../store/session.ts';
import { temperos } from '../../store/temperos.ts';
import { Icon } from '../../ui/icon.tsx';

/** An empty kitchen: from the first dispensador to the first execution, in order. */
export function Beginning() {
  const steps = [
    { text: t('inicio.dispensador'), href: '/dispensadores/novo', isDone: false, may: can('devices:manage') },
    { text: t('inicio.frascos'), href: '/dispensadores', isDone: false, may: can('devices:manage') },
    {
      text: t('inicio.receita'),
      href: '/receitas/nova',
      isDone: (temperos.value?.length ?? 0) > 0,
      may: can('receitas:edit'),
    },
    { text: t('inicio.executar'), href: '/receitas', isDone: false, may: can('jobs:create') },
  ];
  return (
    <section class="card">
      <h2>{t('inicio.titulo')}</h2>
      <ol class="items">
        {steps.map(({ text, href, isDone, may }, i) => (
          <li key={href + text}>
            <span class="ord">{isDone ? <Icon name="ok" /> : i + 1}</span>
            <span>{text}</span>
            {may && (
              <a class={i === 0 ? 'btn primary' : 'btn'} href={href}>
                {t('acao.comecar')}
              </a>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
