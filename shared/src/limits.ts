/**
 * Every number that more than one party relies on (contract, section 6). The firmware header is rendered
 * from this object, so a change here changes the device, the api, the broker and the schemas together.
 * The unit is the end of the name.
 */
export const limits = {
  /** 180 s: the slowest frasco at full load, doubled. Enforced by device, api and schema. */
  maxStepMs: 180_000,
  maxItens: 24,
  maxFrascos: 24,
  maxJobBytes: 3_072,
  maxConfigBytes: 3_072,
  maxEntryBytes: 1_024,
  maxErrorChars: 200,
  maxNomeBytes: 32,
  maxIdChars: 36,
  tokenHexChars: 16,
  reportRetryMs: 30_000,
  reportScheduleS: [2, 4, 8, 16, 30, 60],
  ringJobs: 64,
  jobIdJump: 1_000_000,
  deviceKeepaliveS: 15,
  browserKeepaliveS: 25,
  maxKeepaliveS: 300,
  reconnectBaseMs: 3_000,
  reconnectFactor: 1.5,
  reconnectTries: 10,
  dialogCloseMs: 5_000,
  preConnectFrameBytes: 4_096,
  frameBytes: 65_536,
  topicLevels: 10,
  connectTimeoutMs: 5_000,
  stepSilenceMs: 30_000,
  batchEntries: 64,
  batchWaitMs: 5,
  jobExpiryMs: 24 * 60 * 60 * 1_000,
  retainedJobMs: 24 * 60 * 60 * 1_000,
  mqttTokenMs: 5 * 60 * 1_000,
  /** A personal token that ends at all ends within two years. */
  tokenMs: 2 * 366 * 24 * 60 * 60 * 1_000,
  idempotencyMs: 24 * 60 * 60 * 1_000,
  httpBodyBytes: 256 * 1_024,
  pageRows: 200,
  maxMultiplicador: 100,
  progressPerSecond: 4,
  telemetryS: 10,
  cancelWithinMs: 500,
  recentCommands: 8,
} as const;
