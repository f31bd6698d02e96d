import type {
  ImportOut,
  OperatorRow,
  OrgCreated,
  OrgIn,
  OrgRow,
  RateLimits,
  Retention,
} from '@yaguts/shared';
import { query, request } from './http.ts';
import type { OneTimeCode, Page } from './routes.ts';
import { upload } from './transfer.ts';

/** Routes about limits, retention and the installation as a whole; the shapes are those of `shared`. */
export const installation = {
  limits: () => request<RateLimits>('GET', '/api/limits'),
  retention: () => request<Retention>('GET', '/api/org/retention'),
  saveRetention: (body: Retention) => request<Retention>('PUT', '/api/org/retention', { body }),

  orgs: async () => (await request<Page<OrgRow>>('GET', '/api/orgs')).rows,
  addOrg: (body: OrgIn) => request<OrgCreated>('POST', '/api/orgs', { body }),
  importOrg: (file: Blob, org: string, onShare: (share: number) => void) =>
    upload<ImportOut>(`/api/orgs/import${query({ org })}`, file, onShare),

  operators: async () => (await request<Page<OperatorRow>>('GET', '/api/installation/operators')).rows,
  nameOperator: (user: string) => request('PUT', `/api/installation/operators/${encodeURIComponent(user)}`),
  releaseOperator: (user: string) =>
    request('DELETE', `/api/installation/operators/${encodeURIComponent(user)}`),
  ownerCode: (user: string) =>
    request<OneTimeCode>('POST', `/api/installation/owners/${encodeURIComponent(user)}/reset-code`),
} as const;
