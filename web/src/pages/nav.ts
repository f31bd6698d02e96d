import type { Permission } from '@yaguts/shared';
import type { Key } from '../i18n/t.ts';
import type { IconName } from '../ui/icon.tsx';

/** Where one can go. The first four stand in the bottom bar of a phone, the rest behind "Mais". */
export interface Place {
  readonly path: string;
  readonly key: Key;
  readonly icon: IconName;
  readonly needs?: Permission;
  /** Only for who runs the installation. */
  readonly isPlatform?: true;
}

export const barPlaces = 3;
export const places: readonly Place[] = [
  { path: '/', key: 'nav.painel', icon: 'painel' },
  { path: '/receitas', key: 'nav.receitas', icon: 'receitas' },
  { path: '/historico', key: 'nav.historico', icon: 'historico', needs: 'history:view' },
  { path: '/fila', key: 'nav.fila', icon: 'fila', needs: 'jobs:view' },
  { path: '/estoque', key: 'nav.estoque', icon: 'estoque', needs: 'estoque:view' },
  { path: '/dispensadores', key: 'nav.dispensadores', icon: 'dispensadores' },
  { path: '/aprovacoes', key: 'nav.aprovacoes', icon: 'aprovacoes', needs: 'jobs:approve' },
  { path: '/avisos', key: 'nav.avisos', icon: 'bell' },
  { path: '/saude', key: 'nav.saude', icon: 'saude', needs: 'devices:manage' },
  { path: '/usuarios', key: 'nav.pessoas', icon: 'pessoas', needs: 'people:manage' },
  { path: '/auditoria', key: 'nav.auditoria', icon: 'auditoria', needs: 'audit:view' },
  { path: '/config', key: 'nav.config', icon: 'config', needs: 'org:manage' },
  { path: '/instalacao', key: 'nav.instalacao', icon: 'key', isPlatform: true },
  { path: '/conta', key: 'nav.conta', icon: 'conta' },
];
