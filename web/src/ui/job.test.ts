import { beforeAll, expect, test } from 'vitest';
import { loadTexts } from '../i18n/t.ts';
import { aJob, anItem } from '../test-data.ts';
import { isEnded, itemError, jobDurationMs, jobProgress, jobWord, pouringNow_g } from './job.ts';

beforeAll(() => loadTexts('pages', 'office'));

const running = (change: object = {}) => ({
  job_id: 7,
  item_ordem: 2,
  frasco: 2,
  ran_ms: 500,
  of_ms: 1_000,
  seenAt: 0,
  ...change,
});
const halfway = aJob({
  itens: [
    anItem({ item_ordem: 1, estado: 'done', quantidade_g: 10, ms: 1_000, segundos: 1 }),
    anItem({ item_ordem: 2, frasco: 2, quantidade_g: 20, ms: 1_000 }),
    anItem({ item_ordem: 3, frasco: 3, quantidade_g: 30, ms: 2_000 }),
  ],
});

test('the bar counts the motors’ time: what is committed plus the running frasco by its ticks', () => {
  expect(jobProgress(halfway, running())).toMatchObject({
    done: 1,
    total: 3,
    share: 0.375,
    poured_g: 20,
    total_g: 60,
    remainingMs: 2_500,
  });
  expect(jobProgress(halfway, running()).current?.item_ordem).toBe(2);
});

test('ticks of another job say nothing about this one', () => {
  expect(jobProgress(halfway, running({ job_id: 8 })).share).toBe(0.25);
  expect(pouringNow_g(halfway, running({ job_id: 8 }), 2)).toBe(0);
});

test('without ticks the first pending frasco is the one that runs', () => {
  expect(jobProgress(halfway, undefined).current?.item_ordem).toBe(2);
  expect(jobProgress({ ...halfway, fase: 'pausado' }, undefined).current).toBeUndefined();
});

test('the estimate ends when the entry is committed: grams are never subtracted twice', () => {
  expect(pouringNow_g(halfway, running(), 2)).toBe(10);
  const committed = aJob({ itens: [anItem({ item_ordem: 2, frasco: 2, estado: 'done', quantidade_g: 20 })] });
  expect(pouringNow_g(committed, running(), 2)).toBe(0);
});

test('more time than planned never pours more than planned', () => {
  expect(pouringNow_g(halfway, running({ ran_ms: 5_000 }), 2)).toBe(20);
});

test('every state of a job has its word and its tone', () => {
  const words = [
    { status: 'queued', fase: 'aguardando_aprovacao' },
    { status: 'queued', fase: 'na_fila' },
    { status: 'queued', fase: 'ofertado' },
    { status: 'running', fase: 'dispensando' },
    { status: 'running', fase: 'pausado' },
    { status: 'running', fase: 'cancelando' },
    { status: 'running', fase: 'dispensando', sem_noticias: true },
    { status: 'done' },
    { status: 'done_partial' },
    { status: 'failed' },
    { status: 'canceled' },
  ] as const;
  expect(words.map((job) => jobWord(job).text)).toEqual([
    'aguarda aprovação',
    'na fila',
    'enviado',
    'dispensando',
    'pausada',
    'cancelando',
    'sem notícias',
    'feita',
    'parcial',
    'falhou',
    'cancelada',
  ]);
  expect(words.map((job) => isEnded(job))).toEqual([...Array(7).fill(false), ...Array(4).fill(true)]);
});

test('a failure is said in words, with what the device added; an unknown code stays as it came', () => {
  expect(itemError('timeout')).toBe('o motor passou do tempo');
  expect(itemError('rele: K3')).toBe('o relé não respondeu (K3)');
  expect(itemError('cancelado: parado por comando')).toBe('cancelado (parado por comando)');
  expect(itemError('novidade 7')).toBe('novidade 7');
  expect(itemError(null)).toBe('');
});

test('a job that never began has no duration', () => {
  expect(jobDurationMs({ iniciado_em: null, terminado_em: 5 })).toBeNull();
  expect(jobDurationMs({ iniciado_em: 2, terminado_em: 5 })).toBe(3);
});
