/** What a person may be allowed to do; screens, routes and topic rights ask for these, never for a role. */
export const permissions = [
  'jobs:view',
  'history:view',
  'estoque:view',
  'jobs:create',
  'jobs:direct',
  'jobs:stop',
  'jobs:approve',
  'queue:manage',
  'receitas:edit',
  'estoque:edit',
  'devices:operate',
  'topics:all',
  'devices:manage',
  'jobs:close',
  'people:manage',
  'events:send',
  'audit:view',
  'org:manage',
  'org:own',
] as const;
export type Permission = (typeof permissions)[number];

export const roles = ['dono', 'admin', 'operador', 'aprovador', 'solicitante', 'leitor'] as const;
export type Role = (typeof roles)[number];

const leitor: readonly Permission[] = ['jobs:view', 'history:view', 'estoque:view'];
const solicitante: readonly Permission[] = [...leitor, 'jobs:create', 'jobs:stop'];
const aprovador: readonly Permission[] = [...solicitante, 'jobs:direct', 'jobs:approve'];
const operador: readonly Permission[] = [
  ...solicitante,
  'jobs:direct',
  'queue:manage',
  'receitas:edit',
  'estoque:edit',
  'devices:operate',
  'topics:all',
];
const dono: readonly Permission[] = permissions;
const admin: readonly Permission[] = permissions.filter((permission) => permission !== 'org:own');

/** The named sets of the contract's table. */
export const permissionsOf: Readonly<Record<Role, readonly Permission[]>> = {
  dono,
  admin,
  operador,
  aprovador,
  solicitante,
  leitor,
};
