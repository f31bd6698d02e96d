/** A promise taken out on purpose: some seed among the first must see it, or the seeds are worth nothing. */
export const controlList = [
  { name: 'ack before commit', shows: 'I1' },
  { name: 'no unique key on execution_logs', shows: 'I2' },
  { name: 'idempotence by job status', shows: 'I1' },
  { name: 'synchronous=NORMAL, power cut', shows: 'I1' },
  { name: 'resume by count', shows: 'I5' },
] as const;

/** `shows` is how a fault that shows it begins. */
export type SeedControl = (typeof controlList)[number];
