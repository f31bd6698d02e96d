import type { Permission, TokenRow } from '@yaguts/shared';
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
/** Each org has a chain of its own, and so has the installation. */
export type AuditChain = '/api/audit' | '/api/installation/audit';
export interface AuditVerdict {
  readonly rows: number;
  readonly head: string;
  /** Acts that the retention has let go; the chain begins after them. */
  readonly forgotten: number;
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

  audit: (chain: AuditChain, search: AuditSearch, cursor?: string) =>
    request<Page<AuditRow>>('GET', `${chain}${query({ ...search, cursor })}`),
  auditUrl: (chain: AuditChain, search: AuditSearch, formato: 'csv' | 'json') =>
    `${chain}/export${query({ ...search, formato })}`,
  verifyAudit: (chain: AuditChain) => request<AuditVerdict>('GET', `${chain}/verify`, { timeoutMs: 60_000 }),
} as const;
