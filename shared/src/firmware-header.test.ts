import { expect, test } from 'vitest';
// @ts-expect-error the file as text: a `?raw` import has no types, and shared/ has none of Node's
import committed from '../../firmware/dispenser/src/contract.h?raw';
import { commandRefusals, entryErrorCodes } from './errors.ts';
import { firmwareHeaderPath, renderFirmwareHeader } from './firmware-header.ts';
import { limits } from './limits.ts';
import { topicKeys, topicRoot, topics } from './topics.ts';

const header = renderFirmwareHeader();

test('the committed firmware header is the one these tables render', () => {
  expect(
    committed === header,
    `${firmwareHeaderPath} has drifted: run \`npm run contract\` and commit it`,
  ).toBe(true);
});

test('the header holds every row a device publishes, with its QoS and retain rule', () => {
  for (const key of topicKeys.filter((key) => topics[key].from === 'device')) {
    const row = topics[key];
    expect(header).toContain(
      `{"${topicRoot}/${row.pattern}", Publisher::device, ${row.qos}, Retain::${row.retain}, ${row.maxBytes}}`,
    );
  }
});

test('the header holds no row that only people read', () => {
  expect(header).not.toContain('{user}');
  expect(header).not.toContain(topics.deviceState.pattern);
});

test('a device subscribes to ack first, to every other api row meant for it, and to the state of the server', () => {
  const list = /kSubscriptions\[\] = \{([^}]*)\}/.exec(header)?.[1]?.match(/k\w+/g);
  expect(list).toEqual([
    'kJobAck',
    'kJobsNext',
    'kStartAccepted',
    'kStartRejected',
    'kJobCancel',
    'kConfigDesired',
    'kCommand',
    'kOtaDesired',
    'kServerState',
  ]);
});

test('limits and codes reach the device as they stand in the tables', () => {
  expect(header).toContain(`constexpr uint32_t MAX_STEP_MS = ${limits.maxStepMs};`);
  expect(header).toContain(
    `constexpr uint32_t REPORT_SCHEDULE_S[] = {${limits.reportScheduleS.join(', ')}};`,
  );
  for (const code of [...entryErrorCodes, ...commandRefusals]) expect(header).toContain(`"${code}"`);
});
