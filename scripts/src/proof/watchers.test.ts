import { expect, test } from 'vitest';
import { createSnapshotOracle } from './watchers.ts';

test('a job that runs again under a later version is told, an older snapshot that arrives late is not', () => {
  const { hear, wentBack } = createSnapshotOracle();
  hear({ job_id: 1, status: 'running', versao: 3 });
  hear({ job_id: 1, status: 'done', versao: 4 });
  hear({ job_id: 1, status: 'running', versao: 3 });
  hear({ job_id: 1, status: 'done', versao: 5 });
  hear({ job_id: 2, status: 'queued', versao: 9 });
  expect(wentBack).toEqual([]);
  hear({ job_id: 1, status: 'running', versao: 6 });
  expect(wentBack).toEqual(['job 1 was seen running after its end']);
});
