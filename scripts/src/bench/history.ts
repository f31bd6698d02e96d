import { startChild } from './child.ts';
import { percentile, readable, renderTable } from './figures.ts';
import type { PlatformQuestions } from './platform-process.ts';
import { measureRestart } from './restart.ts';
import {
  announceStep,
  type BenchOptions,
  ceilingTarget,
  machine,
  type Result,
  ratioTarget,
} from './result.ts';
import { pastPeople, pastReceitas } from './seed-history.ts';

/** One kind of request over a long past. */
export interface QueryFigures {
  readonly name: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of the platform for one of them: what does not depend on how busy the machine is. */
  readonly cpuMs: number;
}
export interface PastFigures {
  readonly jobs: number;
  readonly entries: number;
  readonly queries: readonly QueryFigures[];
  /** The same way over HTTP without a query: what no query can be faster than. */
  readonly floor: QueryFigures;
  /** From the start of a process to serving. */
  readonly restart: { readonly ms: number; readonly cpuMs: number };
}
/** What the bench "history" writes to bench-results/. */
export interface HistoryResult extends Result {
  readonly small: PastFigures;
  readonly large: PastFigures;
}

const devices = 10;
const itensEach = 10;
const rounds = 30;
const yearMs = 365 * 86_400_000;

/**
 * What the pages of history, jobs and health ask, over a small past and over a long one: every filter, the cards
 * with their 30 days, pages behind a cursor, the first page of the CSV.
 */
export async function measureHistory({ isQuick }: BenchOptions): Promise<HistoryResult> {
  const [few, many] = isQuick ? [200, 2_000] : [1_000, 100_000];
  const small = await measurePast(few, isQuick ? 5 : rounds);
  const large = await measurePast(many, isQuick ? 5 : rounds);
  const slowest = large.queries.toSorted((a, b) => b.p99Ms - a.p99Ms)[0] as QueryFigures;
  const growth = small.queries.map(({ cpuMs }, i) => cpuMs / (large.queries[i]?.cpuMs ?? Number.NaN));
  const worst = Math.min(...growth);
  return {
    machine: machine(),
    ...{ small, large },
    targets: [
      ceilingTarget(
        `p99 of the slowest query, ${slowest.name}, ${readable(large.entries)} entries, ${readable(large.jobs)} jobs`,
        ...([slowest.p99Ms, 50, 'ms', `no query: ${readable(large.floor.p99Ms)} ms`] as const),
      ),
      ratioTarget(
        'small past ÷ long past, CPU of the query that grows most',
        ...([worst, 0.1, small.queries[growth.indexOf(worst)]?.name] as const),
      ),
      ceilingTarget(
        `restart to serving, ${readable(large.jobs)} jobs stored`,
        ...([large.restart.ms, 1_000, 'ms'] as const),
        `${readable(small.jobs)} jobs ${readable(small.restart.ms)} ms`,
      ),
      ratioTarget('small past ÷ long past, CPU of a restart', small.restart.cpuMs / large.restart.cpuMs, 0.5),
    ],
  };
}

async function measurePast(jobs: number, times: number): Promise<PastFigures> {
  const child = startChild<PlatformQuestions>('platform-process');
  try {
    announceStep(`${readable(jobs)} jobs with ${itensEach} entries each: writing them`);
    const { origin, token } = await child.ask('prepare', {
      devices: Array.from({ length: devices }, (_, i) => `d-${i + 1}`),
      jobsEach: 1,
      transicao: 'manual',
      past: { jobs, itensEach },
    });
    announceStep(`${readable(jobs)} jobs: asking for them`);
    const ask = askAt(origin, token);
    const cpuMs = async (): Promise<number> => (await child.ask('usage', null)).cpuMs;
    const queries: QueryFigures[] = [];
    for (const [name, pathOf] of await requests(ask))
      queries.push(await timed(name, ask, pathOf, times, cpuMs));
    const floor = await timed('no query', ask, () => '/healthz', times, cpuMs);
    announceStep(`${readable(jobs)} jobs: a restart`);
    const restart = await measureRestart(await child.ask('halt', null));
    return { jobs, entries: jobs * itensEach, queries, floor, restart };
  } finally {
    await child.stop();
  }
}

/** Answers the body; of a CSV only what its first page brings. */
type Ask = (path: string) => Promise<string>;

const askAt =
  (origin: string, token: string): Ask =>
  async (path) => {
    const response = await fetch(origin + path, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    if (!path.includes('formato=csv')) return response.text();
    const reader = response.body?.getReader();
    let text = '';
    // The head of the table is a piece of its own, before anything was asked.
    while (reader && text.split('\r\n').length < 3) {
      text += new TextDecoder().decode((await reader.read()).value);
    }
    await reader?.cancel();
    return text;
  };

async function timed(
  name: string,
  ask: Ask,
  pathOf: (n: number) => string,
  times: number,
  cpuMs: () => Promise<number>,
): Promise<QueryFigures> {
  // The first one fills caches and is not what a person meets.
  await ask(pathOf(times));
  const samples: number[] = [];
  const before = await cpuMs();
  for (let n = 0; n < times; n++) {
    const startedAt = performance.now();
    await ask(pathOf(n));
    samples.push(performance.now() - startedAt);
  }
  const used = ((await cpuMs()) - before) / times;
  return { name, p50Ms: percentile(samples, 50), p99Ms: percentile(samples, 99), cpuMs: used };
}

const history = '/api/agent-tasks/execution-history?limit=50';
const summary = '/api/history/summary?';
const listed = '/api/jobs?limit=50';

/** Every kind of request; the n-th of a kind asks for something else than the one before. */
async function requests(ask: Ask): Promise<[name: string, pathOf: (n: number) => string][]> {
  const now = Date.now();
  const month = (n: number): string =>
    `de=${now - yearMs + n * 86_400_000}&ate=${now - yearMs + (n + 30) * 86_400_000}`;
  const filters: [string, (n: number) => string][] = [
    ['a month', month],
    ['a device', (n) => `device=d-${(n % devices) + 1}`],
    ['a status', (n) => `status=${['done', 'failed', 'canceled', 'done_partial'][n % 4]}`],
    ['a method', (n) => `metodo=${['painel', 'mqtt'][n % 2]}`],
    ['a person', (n) => `user=pessoa-${(n % pastPeople) + 1}`],
    ['a receita', (n) => `receita=Receita ${(n % pastReceitas) + 1}`],
    ['a receita that is not there', () => 'receita=Nada'],
    ['a tempero', (n) => `tempero=tempero ${(n % 4) + 1}`],
    ['device, status and month', (n) => `device=d-${(n % devices) + 1}&status=failed&${month(n)}`],
  ];
  const all: [string, (n: number) => string][] = [
    ['history', () => history],
    ...(['terminado_em', 'duracao', 'gramas'] as const).flatMap((sort): [string, (n: number) => string][] => [
      [`history by ${sort}`, () => `${history}&sort=${sort}`],
    ]),
    ['history, oldest first', () => `${history}&ordem=asc`],
    ['history as CSV, first page', () => `${history}&formato=csv`],
    ...filters.map(([name, of]): [string, (n: number) => string] => [
      `history of ${name}`,
      (n) => `${history}&${of(n)}`,
    ]),
    ['cards and 30 days', () => summary],
    ...filters.map(([name, of]): [string, (n: number) => string] => [
      `cards of ${name}`,
      (n) => `${summary}${of(n)}`,
    ]),
    ['jobs', () => listed],
    ['jobs of a status', (n) => `${listed}&status=${['done', 'running', 'queued'][n % 3]}`],
    ['jobs of a device', (n) => `${listed}&device=d-${(n % devices) + 1}`],
    ['jobs of a person', (n) => `${listed}&user=pessoa-${(n % pastPeople) + 1}`],
    ['one job', (n) => `/api/jobs/${n * 20 + 100}`],
  ];
  for (const sort of ['criado_em', 'gramas'] as const) {
    const cursors = await cursorsOf(ask, `${history}&sort=${sort}`, 5);
    all.push([
      `history by ${sort}, further pages`,
      (n) => `${history}&sort=${sort}&cursor=${cursors[n % cursors.length]}`,
    ]);
  }
  return all.map(([name, pathOf]) => [name, (n) => encodeURI(pathOf(n))]);
}

/** Cursors of the first pages. */
async function cursorsOf(ask: Ask, path: string, pages: number): Promise<string[]> {
  const cursors: string[] = [];
  for (let page = 0; page < pages; page++) {
    const at: string = cursors.length === 0 ? path : `${path}&cursor=${cursors.at(-1)}`;
    const { proximo } = JSON.parse(await ask(at)) as { proximo: string | null };
    if (proximo !== null) cursors.push(proximo);
  }
  return cursors;
}

/** One row for each kind of request. */
export function historyTable({ small, large }: HistoryResult): string {
  const times = ({ p50Ms, p99Ms, cpuMs }: QueryFigures): string =>
    `${readable(p50Ms)} / ${readable(p99Ms)} / ${readable(cpuMs)}`;
  const rows = [...large.queries, large.floor].map((query, i) => [
    query.name,
    times(small.queries[i] ?? small.floor),
    times(query),
  ]);
  const head = [
    'p50 / p99 / CPU, ms',
    `${readable(small.entries)} entries, ${readable(small.jobs)} jobs`,
    `${readable(large.entries)} entries, ${readable(large.jobs)} jobs`,
  ];
  return renderTable(head, rows);
}
