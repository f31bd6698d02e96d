import type {
  Calibracao,
  CalibracaoIn,
  CommandIn,
  CommandRow,
  DeviceCredential,
  DeviceIn,
  DevicePatch,
  DeviceState,
  EstoqueState,
  ExecutionRow,
  FrascoIn,
  FrascoRow,
  HistorySummary,
  InviteAccept,
  InviteCreated,
  InviteIn,
  InviteLook,
  InviteRow,
  JobCreated,
  JobDetail,
  JobIn,
  JobPreview,
  JobState,
  LoginIn,
  Movimento,
  MovimentoIn,
  Permission,
  QueueOut as QueueSchema,
  Receita,
  ReceitaIn,
  ResetIn,
  Role,
  SessionRow,
  SetupIn,
  SimulateIn,
  Tempero,
  TemperoIn,
  TokenCreated,
  TokenIn,
  TokenRow,
} from '@yaguts/shared';
import type * as v from 'valibot';
import type { MqttToken } from '../live/client.ts';
import type { Session } from '../store/session.ts';
import { query, type RequestOptions, request } from './http.ts';

/** Every route the web calls, one line each; the shapes are those of `shared/http`. */

export type Queue = v.InferOutput<typeof QueueSchema>;
export interface Page<T> {
  readonly rows: readonly T[];
  /** Goes back as `cursor`; null at the end. */
  readonly proximo: string | null;
}
/** Lists that are short by nature come as a page without a next one. */
const rows = async <T>(path: string): Promise<readonly T[]> => (await request<Page<T>>('GET', path)).rows;

const post = <T = void>(path: string, body?: unknown, options: RequestOptions = {}) =>
  request<T>('POST', path, { ...options, ...(body === undefined ? {} : { body }) });

export const api = {
  setupNeeded: async () => (await request<{ needed: boolean }>('GET', '/api/setup')).needed,
  setup: (body: SetupIn) => post<Session>('/api/setup', body),
  login: (body: LoginIn) => post<Session>('/api/session', body),
  loginWithCode: (code: string) => post<Session>('/api/session/code', { code }),
  mqttToken: () => post<MqttToken>('/api/session/mqtt-token'),

  devices: () => rows<DeviceState>('/api/devices'),
  device: (id: string) => request<DeviceState>('GET', `/api/devices/${id}`),
  addDevice: (body: DeviceIn, key: string) => post<DeviceCredential>('/api/devices', body, { key }),
  patchDevice: (id: string, body: DevicePatch) =>
    request<DeviceState>('PATCH', `/api/devices/${id}`, { body }),
  deleteDevice: (id: string) => request('DELETE', `/api/devices/${id}`),
  frascos: (id: string) => rows<FrascoRow>(`/api/devices/${id}/frascos`),
  saveFrascos: (id: string, frascos: readonly FrascoIn[]) =>
    request('PUT', `/api/devices/${id}/frascos`, { body: { frascos } }),
  calibrate: (id: string, body: CalibracaoIn) => post<Calibracao>(`/api/devices/${id}/calibrations`, body),
  commands: (id: string) => rows<CommandRow>(`/api/devices/${id}/commands`),
  command: (id: string, body: CommandIn) => post<CommandRow>(`/api/devices/${id}/commands`, body),
  newCredential: (id: string) => post<DeviceCredential>(`/api/devices/${id}/credentials`),
  queue: (id: string) => request<Queue>('GET', `/api/devices/${id}/queue`),
  reorder: (id: string, job_ids: readonly number[]) =>
    request<Queue>('PUT', `/api/devices/${id}/queue`, { body: { job_ids } }),
  queueNext: (id: string) => post<Queue>(`/api/devices/${id}/queue/next`),
  pauseQueue: (id: string, pausada: boolean) => post<Queue>(`/api/devices/${id}/queue/pause`, { pausada }),

  temperos: () => rows<Tempero>('/api/temperos'),
  saveTempero: (body: TemperoIn, id?: number) =>
    id === undefined
      ? post<Tempero>('/api/temperos', body)
      : request<Tempero>('PUT', `/api/temperos/${id}`, { body }),
  receitas: () => rows<Receita>('/api/receitas'),
  receita: (id: number) => request<Receita>('GET', `/api/receitas/${id}`),
  saveReceita: (body: ReceitaIn, before?: Pick<Receita, 'id' | 'versao'>) =>
    before
      ? request<Receita>('PUT', `/api/receitas/${before.id}`, { body, ifMatch: before.versao })
      : post<Receita>('/api/receitas', body),
  deleteReceita: (id: number) => request('DELETE', `/api/receitas/${id}`),

  preview: (body: JobIn, signal?: AbortSignal) =>
    post<JobPreview>('/api/jobs/preview', body, signal ? { signal } : {}),
  createJob: (body: JobIn, key: string) => post<JobCreated>('/api/jobs', body, { key }),
  jobs: (filter: { status?: string; fase?: string; device?: string; cursor?: string }) =>
    request<Page<JobState>>('GET', `/api/jobs${query(filter)}`),
  job: (id: number) => request<JobDetail>('GET', `/api/jobs/${id}`),
  actOnJob: (id: number, act: JobAct, body?: unknown) => post<JobState>(`/api/jobs/${id}/${act}`, body),
  previewRetry: (id: number, itens?: readonly number[]) =>
    post<JobPreview>(`/api/jobs/${id}/retry/preview`, { itens }),
  /** @param itens everything that may be repeated when undefined */
  retry: (id: number, itens: readonly number[] | undefined, key: string) =>
    post<JobCreated>(`/api/jobs/${id}/retry`, { itens }, { key }),
  noteOnJob: (id: number, nota: string) => request<JobState>('PATCH', `/api/jobs/${id}`, { body: { nota } }),

  estoque: () => rows<EstoqueState>('/api/estoque'),
  movimentos: (filter: { device?: string; frasco?: number; cursor?: string | undefined; limit?: number }) =>
    request<Page<Movimento>>('GET', `/api/estoque/movimentos${query(filter)}`),
  move: (body: MovimentoIn, key: string) => post<Movimento>('/api/estoque/movimentos', body, { key }),

  history: (filter: Readonly<Record<string, string | undefined>>) =>
    request<Page<ExecutionRow>>('GET', `/api/agent-tasks/execution-history${query(filter)}`),
  historyUrl: (filter: Readonly<Record<string, string | undefined>>) =>
    `/api/agent-tasks/execution-history${query(filter)}`,
  historySummary: (filter: Readonly<Record<string, string | undefined>>) =>
    request<HistorySummary>('GET', `/api/history/summary${query(filter)}`),

  users: () => rows<UserRow>('/api/users'),
  addUser: (body: UserIn) => post<UserRow>('/api/users', body),
  patchUser: (user: string, body: UserPatch) => request<UserRow>('PATCH', `/api/users/${user}`, { body }),
  resetCode: (user: string) => post<OneTimeCode>(`/api/users/${user}/reset-code`),
  endSessionsOf: (user: string) => request('DELETE', `/api/users/${user}/sessions`),
  resetPassword: (body: ResetIn) => post<Session>('/api/session/reset', body),
  invites: () => rows<InviteRow>('/api/invites'),
  invite: (body: InviteIn) => post<InviteCreated>('/api/invites', body),
  revokeInvite: (id: string) => request('DELETE', `/api/invites/${id}`),
  lookAtInvite: (code: string) => post<InviteLook>('/api/invites/look', { code }),
  acceptInvite: (body: InviteAccept) => post<Session>('/api/invites/accept', body),
  sessions: () => rows<SessionRow>('/api/sessions'),
  endSession: (id: string) => request('DELETE', `/api/sessions/${id}`),
  endOtherSessions: () => request('DELETE', '/api/sessions'),
  changePassword: (atual: string, nova: string) =>
    request('PUT', '/api/session/password', { body: { atual, nova } }),
  org: () => request<Org>('GET', '/api/org'),
  patchOrg: (body: Partial<Org>) => request<Org>('PATCH', '/api/org', { body }),
  stats: () => request<Stats>('GET', '/api/websocket/stats'),
  ready: () => request<Readonly<Record<string, unknown>>>('GET', '/readyz'),
  simulate: (body: SimulateIn & { readonly device?: string }) =>
    post<Readonly<Record<string, unknown>>>('/devices/test/simulate-execution', body, { timeoutMs: 600_000 }),

  tokens: () => rows<TokenRow>('/api/tokens'),
  addToken: (body: TokenIn) => post<TokenCreated>('/api/tokens', body),
  revokeToken: (id: string) => request('DELETE', `/api/tokens/${id}`),
} as const;

export interface OneTimeCode {
  readonly code: string;
  readonly expires_at: number;
}
export interface UserRow {
  readonly user: string;
  readonly nome: string;
  readonly role: Role;
  readonly permissoes: readonly Permission[];
  readonly plataforma: boolean;
  readonly criado_em: number;
  readonly desativado_em: number | null;
}
export interface UserIn {
  readonly user: string;
  readonly nome: string;
  readonly role: Role;
  readonly password: string;
}
export interface UserPatch {
  readonly nome?: string;
  readonly role?: Role;
  readonly password?: string;
  readonly desativado?: boolean;
}
export interface Org {
  readonly org: string;
  readonly nome: string;
  readonly fuso: string;
  readonly idioma: 'pt-BR' | 'en';
  readonly limite_multiplicador: number;
  readonly limite_g: number | null;
  readonly politica_estoque: 'recusa' | 'avisa' | 'parcial';
  readonly regra_aprovacao: 'ninguem' | 'solicitantes' | 'todos';
  readonly retencao_dias: number;
}
export interface AuditRow {
  readonly n: number;
  readonly em: number;
  readonly quem: string;
  readonly acao: string;
  readonly alvo: string;
  readonly endereco: string;
  readonly antes: unknown;
  readonly depois: unknown;
  readonly hash: string;
}
export interface Stats {
  readonly totalClients: number;
  readonly organizationsConnected: number;
  readonly clientsByOrg: Readonly<Record<string, number>>;
}

export type JobAct = 'cancel' | 'approve' | 'reject' | 'pause' | 'resume' | 'close';
