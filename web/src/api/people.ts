import type { ImportOut, OrgCreated, OrgIn, OrgRow, Permission, TokenRow } from '@yaguts/shared';
import { query, request } from './http.ts';
import type { AuditRow, Page, UserRow } from './routes.ts';

/** Routes about rights, organisations as wholes and the audit; the shapes are those of `shared`. */

export interface AuditSearch {
  readonly quem?: string;
  readonly acao?: string;
  readonly alvo?: string;
  /** Days of the org's time zone, both counted in. */
  readonly de?: string;
  readonly ate?: string;
}
export interface AuditVerdict {
  readonly rows: number;
  readonly head: string;
  /** The first row that does not fit the chain. */
  readonly broken: number | null;
}

const rows = async <T>(path: string): Promise<readonly T[]> => (await request<Page<T>>('GET', path)).rows;

export const people = {
  /** An empty set gives the role's own back. */
  saveSet: (user: string, permissoes: readonly Permission[]) =>
    request<UserRow>('PATCH', `/api/users/${user}`, { body: { permissoes } }),
  tokensOf: (user: string) => rows<TokenRow>(`/api/users/${user}/tokens`),
  revokeTokenOf: (user: string, id: string) => request('DELETE', `/api/users/${user}/tokens/${id}`),

  exportUrl: '/api/org/export',
  transfer: (user: string) => request('POST', '/api/org/transfer', { body: { user } }),
  wipe: (confirmacao: string) =>
    request('POST', '/api/org/wipe', { body: { confirmacao }, timeoutMs: 60_000 }),
  orgs: () => rows<OrgRow>('/api/orgs'),
  addOrg: (body: OrgIn) => request<OrgCreated>('POST', '/api/orgs', { body }),
  importOrg: (file: Blob, org: string) =>
    request<ImportOut>('POST', `/api/orgs/import${query({ org })}`, { file, timeoutMs: 300_000 }),

  audit: (search: AuditSearch, cursor?: string) =>
    request<Page<AuditRow>>('GET', `/api/audit${query({ ...search, cursor })}`),
  auditUrl: (search: AuditSearch, formato: 'csv' | 'json') =>
    `/api/audit/export${query({ ...search, formato })}`,
  verifyAudit: () => request<AuditVerdict>('GET', '/api/audit/verify', { timeoutMs: 60_000 }),
} as const;
