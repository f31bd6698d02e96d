import type { JobDetail } from '@yaguts/shared';
import { beforeAll, expect, test } from 'vitest';
import { loadTexts } from '../../i18n/t.ts';
import { session } from '../../store/session.ts';
import { aJob, anItem, aSession } from '../../test-data.ts';
import { reportOf } from './report.tsx';

beforeAll(() => loadTexts('pages', 'office'));

test('a report holds what was seen, what the platform knows and the entries as they came, and no secret', () => {
  session.value = aSession();
  const entry = { item_ordem: 1, frasco: 1, status: 'failed', error: 'timeout' };
  const job = {
    ...aJob({
      status: 'failed',
      fw_version: '0.3.0',
      itens: [anItem({ estado: 'failed', error: 'timeout' })],
    }),
    execution_logs: [entry],
  } as unknown as JobDetail;
  const lines = reportOf(job, ' O motor não girou. ').split('\n');
  expect(lines[0]).toBe('O motor não girou.');
  expect(lines).toContain('Execução #7: Tempero baiano ×1, falhou');
  expect(lines).toContain('cozinha · firmware 0.3.0 · seq 3');
  expect(lines).toContain('1. Sal 50 g (frasco 1): failed o motor passou do tempo');
  expect(lines).toContain(JSON.stringify(entry));
  expect(lines.join()).not.toMatch(/token|password/);
});
