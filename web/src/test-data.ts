import type { DeviceState, EstoqueState, JobItemState, JobState, Role } from '@yaguts/shared';
import { permissionsOf } from '@yaguts/shared';
import type { Session } from './store/session.ts';

/** Whole, plausible things for tests; each test says only what it is about. */

export const anItem = (change: Partial<JobItemState> = {}): JobItemState => ({
  item_ordem: 1,
  frasco: 1,
  tempero: 'Sal',
  quantidade_g: 50,
  ms: 2_000,
  critico: false,
  estado: 'pendente',
  segundos: null,
  error: null,
  tardio: false,
  recebido_em: null,
  ...change,
});

export const aJob = (change: Partial<JobState> = {}): JobState => ({
  v: 1,
  job_id: 7,
  versao: 1,
  evento: 1,
  status: 'running',
  fase: 'dispensando',
  motivo: null,
  sem_noticias: false,
  device: 'cozinha',
  seq: 3,
  posicao: null,
  receita_id: 1,
  receita: 'Tempero baiano',
  multiplicador: 1,
  metodo: 'painel',
  origem_job_id: null,
  criado_por: 'ana',
  criado_em: 1_790_000_000_000,
  expira_em: 1_790_086_400_000,
  ofertado_em: null,
  iniciado_em: null,
  terminado_em: null,
  fw_version: null,
  nota: null,
  espera: [],
  decidido_por: null,
  decidido_em: null,
  comentario: null,
  itens_completados: 0,
  itens_falhados: 0,
  itens_cancelados: 0,
  itens: [anItem()],
  ...change,
});

export const aDevice = (change: Partial<DeviceState> = {}): DeviceState => ({
  v: 1,
  device: 'cozinha',
  nome: 'Cozinha',
  versao: 1,
  presence: 'online',
  desde: 1_790_000_000_000,
  visto_em: 1_790_000_000_000,
  job: null,
  fila: 0,
  fila_pausada: false,
  transicao: 'manual',
  birth: null,
  config: { desejada: 1, reportada: null },
  alertas: [],
  ...change,
});

export const aFrasco = (change: Partial<EstoqueState> = {}): EstoqueState => ({
  v: 1,
  device: 'cozinha',
  frasco: 1,
  tempero: 'Sal',
  saldo_g: 250,
  reservado_g: 0,
  minimo_g: 50,
  desejado_g: 500,
  g_por_s: 25,
  baixo: false,
  recontar: false,
  versao: 1,
  ...change,
});

export const aSession = (role: Role = 'dono'): Session => ({
  user: 'ana',
  nome: 'Ana',
  org: 'demo',
  org_nome: 'Cozinha da Ana',
  fuso: 'America/Sao_Paulo',
  role,
  permissions: [...permissionsOf[role]],
  plataforma: false,
  version: '0.3.0',
  development: false,
});
