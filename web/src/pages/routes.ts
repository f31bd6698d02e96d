import type { ComponentType } from 'preact';
import { exec } from 'preact-iso/router';
import { type LazyComponent, lazy } from '../ui/lazy.tsx';

type Load = () => Promise<{ readonly default: ComponentType }>;
type LazyPage = LazyComponent<object>;
const page = (load: Load): LazyPage => lazy(() => load().then((module) => module.default));
/** A page whose texts are in the office's part. */
const office = (load: Load): LazyPage => lazy(() => load().then((module) => module.default), 'office');

/** Pages for those who are not logged in. */
export const outside: Readonly<Record<string, LazyPage>> = {
  '/entrar': page(() => import('./entrar/index.tsx')),
  '/convite': office(() => import('./convite/index.tsx')),
  '/nova-senha': office(() => import('./nova-senha/index.tsx')),
  '/primeiro-uso': page(() => import('./primeiro-uso/index.tsx')),
};

/**
 * Every page, each in a chunk of its own; the first that fits counts. Paths are Portuguese: old firmware owns
 * `/devices` and `/jobs`.
 */
export const routes: Readonly<Record<string, LazyPage>> = {
  '/': page(() => import('./painel/index.tsx')),
  '/receitas': page(() => import('./receitas/index.tsx')),
  '/receitas/:id': page(() => import('./receita/index.tsx')),
  '/execucoes/:id': page(() => import('./execucao/index.tsx')),
  '/fila': page(() => import('./fila/index.tsx')),
  '/historico': page(() => import('./historico/index.tsx')),
  '/dispensadores': office(() => import('./dispensadores/index.tsx')),
  '/dispensadores/novo': office(() => import('./novo/index.tsx')),
  '/dispensadores/:id': office(() => import('./dispensador/index.tsx')),
  '/dispensadores/:id/calibrar/:frasco': office(() => import('./calibrar/index.tsx')),
  '/estoque': page(() => import('./estoque/index.tsx')),
  '/aprovacoes': page(() => import('./aprovacoes/index.tsx')),
  '/avisos': office(() => import('./avisos/index.tsx')),
  '/usuarios': office(() => import('./usuarios/index.tsx')),
  '/config': office(() => import('./config/index.tsx')),
  '/instalacao': office(() => import('./instalacao/index.tsx')),
  '/auditoria': office(() => import('./auditoria/index.tsx')),
  '/saude': office(() => import('./saude/index.tsx')),
  '/conta': office(() => import('./conta/index.tsx')),
  ...(__SIMULATOR__ ? { '/simulador': page(() => import('./simulador/index.tsx')) } : {}),
};

/** Brings the page of a path before it is drawn; rejects like its import. */
export async function preloadPage(path: string): Promise<void> {
  const all = { ...outside, ...routes };
  const pattern = Object.keys(all).find((pattern) => exec(path, pattern));
  if (pattern) await all[pattern]?.preload();
}
