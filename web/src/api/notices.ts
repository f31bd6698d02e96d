import type { Notice, NoticePrefs } from '@yaguts/shared';
import { query, request } from './http.ts';
import type { OneTimeCode, Page } from './routes.ts';

/** Routes about notices, approval limits and claims; the shapes are those of `shared`. */

export interface ApprovalLimits {
  readonly acima_g: number | null;
  readonly acima_multiplicador: number | null;
  readonly alergenos: readonly string[];
}

export const notices = {
  list: (filter: { cursor?: string; limit?: number; central?: 'true' }) =>
    request<Page<Notice>>('GET', `/api/events${query(filter)}`),
  read: (ate: number) =>
    request<{ lido_ate: number; unread: number }>('POST', '/api/events/read', { body: { ate } }),
  prefs: () => request<NoticePrefs>('GET', '/api/preferences'),
  savePrefs: (body: NoticePrefs) => request<NoticePrefs>('PUT', '/api/preferences', { body }),
  approvalLimits: () => request<ApprovalLimits>('GET', '/api/org/approval'),
  saveApprovalLimits: (body: ApprovalLimits) => request<ApprovalLimits>('PUT', '/api/org/approval', { body }),
  claimCode: (device: string) => request<OneTimeCode>('POST', `/api/devices/${device}/claim-code`),
  devicesOf: async (user: string) =>
    (await request<{ devices: readonly string[] }>('GET', `/api/users/${user}/devices`)).devices,
  limitDevices: async (user: string, devices: readonly string[]) =>
    (
      await request<{ devices: readonly string[] }>('PUT', `/api/users/${user}/devices`, {
        body: { devices },
      })
    ).devices,
} as const;
