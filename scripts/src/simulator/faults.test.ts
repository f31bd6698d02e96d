import { expect, test } from 'vitest';
import { PowerLoss, planFaults } from './faults.ts';
import { createMotors } from './simulated-motors.ts';

test('power lost inside a frasco is lost before its end, however late the machine comes to it', () => {
  let now = 0;
  let crashes = 0;
  const act = { drop: () => {}, crash: () => crashes++ };
  const faults = planFaults({ frasco_delay_ms: 30 }, { at: 0, when: 'inside' }, act);
  const motors = createMotors({
    clock: { ms: () => now, epochMs: () => null },
    boot: () => 1,
    speed: 1,
    ...faults,
  });
  motors.start({ seq: 1, jobId: 7, itemOrdem: 1, frasco: 1 }, 1_000);
  now = 29;
  expect(motors.running()).toBe(true);
  now = 45;
  expect(() => motors.running()).toThrow(PowerLoss);
  expect(crashes).toBe(1);
  faults.cancel();
});
