import { Agent, type OutgoingHttpHeaders, request } from 'node:http';
import type { Random } from './random.ts';
import { rubbish, spoil } from './spoil.ts';

/** What a flood of bad requests came to. */
export interface RequestTally {
  /** By kind of fault. */
  readonly sent: Readonly<Record<BadRequestKind, number>>;
  /** By class of answer; `cut` where the platform closed instead. */
  readonly answers: Readonly<Record<string, number>>;
  /** Answers that no request may get: a 5xx, or a refusal without its code. */
  readonly faults: readonly string[];
}
export type BadRequestKind = 'fields' | 'text' | 'query' | 'path' | 'headers';

interface Target {
  readonly origin: string;
  /** A person's token. */
  readonly token: string;
  /** A device that nobody plays: what passes must not touch what the oracle sums up. */
  readonly device: string;
  readonly devicePassword: string;
}
interface BadRequest {
  readonly kind: BadRequestKind;
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

const kinds: readonly BadRequestKind[] = ['fields', 'fields', 'fields', 'text', 'query', 'path', 'headers'];
const nobody = 999_999;
const maxFaults = 20;

/** One seeded bad request after the other, over a few kept connections. */
export function createBadRequests(target: Target) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const sent: Record<BadRequestKind, number> = { fields: 0, text: 0, query: 0, path: 0, headers: 0 };
  const answers: Record<string, number> = {};
  const faults: string[] = [];

  function send({
    method,
    path,
    headers,
    body,
  }: BadRequest): Promise<{ status: number; text: string } | 'cut'> {
    return new Promise((resolve) => {
      const { hostname, port } = new URL(target.origin);
      const call = request({ agent, hostname, port, method, path, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', () => resolve('cut'));
      });
      call.on('error', () => resolve('cut'));
      call.end(body);
    });
  }

  return {
    async hurl(chance: Random): Promise<void> {
      const bad = badRequest(target, chance);
      sent[bad.kind]++;
      const answer = await send(bad);
      const name = answer === 'cut' ? 'cut' : `${Math.floor(answer.status / 100)}xx`;
      answers[name] = (answers[name] ?? 0) + 1;
      const fault = answer === 'cut' ? undefined : faultIn(answer);
      if (fault && faults.length < maxFaults) faults.push(`${bad.method} ${bad.path.slice(0, 80)}: ${fault}`);
    },
    tally: (): RequestTally => ({ sent, answers, faults }),
    close: () => agent.destroy(),
  };
}

function faultIn({ status, text }: { status: number; text: string }): string | undefined {
  if (status >= 500) return `${status} ${text.slice(0, 120)}`;
  if (status < 400) return undefined;
  try {
    return typeof JSON.parse(text).code === 'string' ? undefined : `${status} without a code`;
  } catch {
    // What is not even HTTP is answered by the server itself, in its own words.
    return status === 400 || status === 431 ? undefined : `${status} without a problem document`;
  }
}

function documents(device: string): readonly (readonly [string, string, object])[] {
  const item = { tempero: 'tempero 1', quantidade_g: 1.5, escala: 'linear', critico: false };
  const order = { receita_id: nobody, multiplicador: 1, device };
  const entry = { item_ordem: 1, frasco: 1, quantidade_g: 1, segundos: 1, status: 'done', error: null };
  return [
    ['POST', '/api/temperos', { nome: 'pimenta', alergenos: ['mostarda'] }],
    ['POST', '/api/receitas', { nome: 'menu', itens: [item, item] }],
    ['POST', '/api/jobs', order],
    ['POST', '/api/jobs/preview', order],
    ['POST', `/api/jobs/${nobody}/cancel`, { motivo: 'prova' }],
    ['POST', '/api/events', { type: 'cozinha:aviso', data: { texto: 'oi' } }],
    ['PATCH', `/api/devices/${device}`, { nome: 'mesa' }],
    ['POST', `/api/devices/${device}/commands`, { op: 'identify' }],
    [
      'POST',
      `/devices/me/jobs/${nobody}/complete`,
      { itens_completados: 1, itens_falhados: 0, execution_logs: [entry] },
    ],
  ];
}

const lists = [
  '/api/jobs',
  '/api/agent-tasks/execution-history',
  '/api/estoque/movimentos',
  '/api/audit',
  '/api/receitas',
];
const parameters = ['limit', 'cursor', 'status', 'device', 'from', 'to', 'person', 'format', 'tempero'];
const notJson = [
  '',
  '{',
  '{"nome":',
  '[1,2',
  'null',
  'nome=pimenta',
  '\u0000',
  '{"nome":"\\ud800"}',
  '['.repeat(20_000),
  '"',
];
const types = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/json; charset=latin1',
  '',
  'multipart/form-data',
];

function badRequest({ token, device, devicePassword }: Target, chance: Random): BadRequest {
  const kind = chance.pick(kinds);
  const [method, path, document] = chance.pick(documents(device));
  const authorization = `Bearer ${path.startsWith('/devices/') ? devicePassword : token}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const sound = { kind, method, path, headers, body: JSON.stringify(document) };
  const piece = (): string => encodeURIComponent(JSON.stringify(chance.pick(rubbish))).slice(0, 400);
  switch (kind) {
    case 'fields':
      return { ...sound, body: JSON.stringify(spoil(document, chance)) };
    case 'text':
      return {
        ...sound,
        body: chance.chance(0.3)
          ? sound.body.slice(0, chance.between(0, sound.body.length - 1))
          : chance.pick(notJson),
      };
    case 'query':
      return {
        ...sound,
        method: 'GET',
        path: `${chance.pick(lists)}?${chance.pick(parameters)}=${piece()}`,
        body: '',
      };
    case 'path':
      return {
        ...sound,
        path: `${chance.pick(lists)}/${piece()}/${chance.pick(['cancel', '%2e%2e', '..', piece()])}`,
      };
    case 'headers':
      return {
        ...sound,
        headers: {
          ...(chance.chance(0.5) && { authorization }),
          'content-type': chance.pick(types),
          ...(chance.chance(0.3) && { origin: 'http://elsewhere.example', cookie: `yaguts=${piece()}` }),
          ...(chance.chance(0.2) && { 'idempotency-key': 'k'.repeat(chance.between(0, 2_000)) }),
        },
      };
  }
}
