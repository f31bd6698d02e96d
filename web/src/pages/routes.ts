import type { ComponentType } from 'preact';
import { lazy } from '../ui/lazy.tsx';

type Load = () => Promise<{ readonly default: ComponentType }>;
const page = (load: Load): ComponentType => lazy(() => load().then((module) => module.default));

/** Pages for those who are not logged in. */
export const outside: Readonly<Record<string, ComponentType>> = {
  '/entrar': page(() => import('./entrar/index.tsx')),
  '/primeiro-uso': page(() => import('./primeiro-uso/index.tsx')),
};

/** Every page, each in a chunk of its own. Paths are Portuguese: old firmware owns `/devices` and `/jobs`. */
export const routes: Readonly<Record<string, ComponentType>> = {
  '/': page(() => import('./painel/index.tsx')),
  '/receitas': page(() => import('./receitas/index.tsx')),
  '/execucoes/:id': page(() => import('./execucao/index.tsx')),
};
