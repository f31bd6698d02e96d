import { expect, test } from 'vitest';
import { faultsOf, type Proof, renderProof, withTable } from './report.ts';

const proof: Proof = {
  machine: { cpu: 'x', os: 'y', node: '20', sqlite: '3', version: '0', commit: 'c', at: 'now' },
  ...{ seed: 1, seconds: 2, loop: undefined, soak: undefined, loads: [], badInput: undefined },
  controls: [],
  failed: [],
  skipped: [],
};
const control = { name: 'no key', shows: 'doubled', product: [], skipped: undefined } as const;

test('a control that survives makes the proof fail', () => {
  expect(faultsOf({ ...proof, controls: [{ ...control, control: ['two rows'], holds: true }] })).toEqual([]);
  expect(faultsOf({ ...proof, controls: [{ ...control, control: [], holds: false }] })).toEqual([
    'the control "no key" survives',
  ]);
});

test('a product that fails the story of a control makes the proof fail', () => {
  const both = { ...control, product: ['lost'], control: ['lost'], holds: false };
  expect(faultsOf({ ...proof, controls: [both] })).toEqual(['the product fails the story of "no key"']);
});

test('one lost entry, and one that ran ahead of its commit, make the proof fail and stand in the table', () => {
  const verdict = {
    ...{ jobs: 1, entries: 1, starts: 1, lost: ['job 1 item 1'], doubled: [], wrongEstoque: [] },
    ...{ doublePours: [], unsound: [] },
  };
  const badInput = {
    ...{ seed: 1, packets: 1, payloads: 1, closed: 1, honestAcks: 1, growthMib: 0, troubles: [], verdict },
    earlyAcks: ['job 1 item 2'],
    requests: {
      sent: { fields: 1, text: 1, query: 1, path: 1, headers: 1 },
      answers: { '4xx': 5 },
      faults: [],
    },
  };
  const failed = { ...proof, badInput };
  expect(faultsOf(failed)).toEqual(['lost: 1', 'early acks: 1']);
  expect(renderProof(failed)).toMatch(/^lost +1$/m);
});

test('the table takes the place of the last one in the README, and nothing else changes', () => {
  const mark = '<!-- npm run proof -- --readme -->';
  const readme = `# Title\n\n${mark}\n\n\`\`\`\nlost  1\n\`\`\`\n\n## Next\n\n\`\`\`\ncode\n\`\`\`\n`;
  expect(withTable(readme, 'lost  0\nseed  7')).toBe(readme.replace('lost  1', 'lost  0\nseed  7'));
  expect(() => withTable('# Title\n', 'lost  0')).toThrow('no table');
});

test('a part that fell over makes the proof fail, whatever the others have found', () => {
  expect(faultsOf({ ...proof, failed: ['load of 200 devices: refused'] })).toEqual([
    'load of 200 devices: refused',
  ]);
});
