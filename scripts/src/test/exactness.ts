import { type EstoqueState, type JobDetail, limits, type Movimento } from '@yaguts/shared';
import { expect } from 'vitest';
import type { TestHouse } from './fixture.ts';

/**
 * What must hold whatever has happened (contract, section 4): one row per item, counters that add up to the
 * total at the end, grams that left once for every item that is done and for no other, and an estoque that is
 * the sum of its ledger. To be asked when nothing is under way.
 *
 * @param jobIds every job that this device has had
 */
export async function expectExact(
  house: Pick<TestHouse, 'api' | 'job'>,
  device: string,
  jobIds: readonly number[],
): Promise<void> {
  const jobs = await Promise.all(jobIds.map((jobId) => house.job(jobId)));
  for (const job of jobs) expectWhole(job);
  const movimentos = await allMovimentos(house, device);
  const out = movimentos.filter(({ tipo }) => tipo === 'saida').map(outOf);
  const done = jobs.flatMap(({ job_id, itens }) =>
    itens
      .filter(({ estado }) => estado === 'done')
      .map((item) => outOf({ ...item, job_id, quantidade_g: -item.quantidade_g })),
  );
  expect(out.sort()).toEqual(done.sort());
  const { rows } = await house.api.call<{ rows: EstoqueState[] }>('GET', `/api/estoque?device=${device}`);
  for (const { frasco, saldo_g, reservado_g } of rows) {
    const ledger = movimentos.filter((row) => row.frasco === frasco);
    const sum = ledger.reduce((total, { quantidade_g }) => total + quantidade_g, 0);
    expect(saldo_g, `saldo of frasco ${frasco}`).toBeCloseTo(sum, 6);
    const reserved = jobs
      .filter(({ terminado_em }) => terminado_em === null)
      .flatMap(({ itens }) => itens.filter((item) => item.estado === 'pendente' && item.frasco === frasco))
      .reduce((total, { quantidade_g }) => total + quantidade_g, 0);
    expect(reservado_g, `reserved of frasco ${frasco}`).toBeCloseTo(reserved, 6);
  }
}

const outOf = (row: Pick<Movimento, 'job_id' | 'item_ordem' | 'frasco' | 'quantidade_g'>): string =>
  `job ${row.job_id} item ${row.item_ordem}: ${row.quantidade_g} g of frasco ${row.frasco}`;

function expectWhole(job: JobDetail): void {
  const stored = job.execution_logs.map(({ item_ordem }) => item_ordem);
  expect(new Set(stored).size, 'one row per item').toBe(stored.length);
  const settled = job.itens.filter(({ estado }) => estado !== 'pendente').map(({ item_ordem }) => item_ordem);
  expect(stored.sort(byNumber)).toEqual(settled.sort(byNumber));
  if (job.terminado_em === null) return;
  const { itens_completados, itens_falhados, itens_cancelados, itens } = job;
  expect(itens_completados + itens_falhados + itens_cancelados).toBe(itens.length);
  expect(itens_completados).toBe(itens.filter(({ estado }) => estado === 'done').length);
}

const byNumber = (a: number, b: number): number => a - b;

async function allMovimentos(house: Pick<TestHouse, 'api'>, device: string): Promise<Movimento[]> {
  const found: Movimento[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page: { rows: Movimento[]; proximo: string | null } = await house.api.call(
      'GET',
      `/api/estoque/movimentos?device=${device}&limit=${limits.pageRows}${after}`,
    );
    found.push(...page.rows);
    cursor = page.proximo;
  }
  return found;
}
