import type { ComponentType } from 'preact';
import { lazy } from '../ui/lazy.tsx';

type Load = () => Promise<{ readonly default: ComponentType }>;
const page = (load: Load): ComponentType => lazy(() => load().then((module) => module.default));

/** Pages for those who are not logged in. */
export const outside: Readonly<Record<string, ComponentType>> = {
  '/entrar': page(() => import('./entrar/index.tsx')),
  '/primeiro-uso': page(() => import('./primeiro-uso/index.tsx')),
};

/**
 * Every page, each in a chunk of its own; the first that fits counts. Paths are Portuguese: old firmware owns
 * `/devices` and `/jobs`.
 */
export const routes: Readonly<Record<string, ComponentType>> = {
  '/': page(() => import('./painel/index.tsx')),
  '/receitas': page(() => import('./receitas/index.tsx')),
  '/receitas/:id': page(() => import('./receita/index.tsx')),
  '/execucoes/:id': page(() => import('./execucao/index.tsx')),
  '/fila': page(() => import('./fila/index.tsx')),
  '/historico': page(() => import('./historico/index.tsx')),
  '/dispensadores': page(() => import('./dispensadores/index.tsx')),
  '/dispensadores/novo': page(() => import('./novo/index.tsx')),
  '/dispensadores/:id': page(() => import('./dispensador/index.tsx')),
  '/dispensadores/:id/calibrar/:frasco': page(() => import('./calibrar/index.tsx')),
  '/estoque': page(() => import('./estoque/index.tsx')),
  '/aprovacoes': page(() => import('./aprovacoes/index.tsx')),
  '/usuarios': page(() => import('./usuarios/index.tsx')),
  '/config': page(() => import('./config/index.tsx')),
  '/auditoria': page(() => import('./auditoria/index.tsx')),
  '/saude': page(() => import('./saude/index.tsx')),
  '/conta': page(() => import('./conta/index.tsx')),
  ...(__SIMULATOR__ ? { '/simulador': page(() => import('./simulador/index.tsx')) } : {}),
};
