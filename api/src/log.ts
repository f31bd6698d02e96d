import pino from 'pino';

export type LogFields = Readonly<Record<string, unknown>>;

/**
 * One JSON line per event: an event in past tense and its ids. `error` fields keep their stack. Called as a
 * function it writes `info`, which is all that flows need.
 */
export interface Log {
  (event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

// Secrets are never fields; these names are cut out all the same, at the top and one level down, for the day
// somebody logs a whole body or header object.
const secretNames = [
  'password',
  'secret',
  'token',
  'code',
  'authorization',
  'cookie',
  'credential_secret',
] as const;
// `code` is a refusal's code far more often than a one-time code, so only bodies lose it.
const secretPaths = [
  ...secretNames.filter((name) => name !== 'code'),
  ...secretNames.flatMap((name) => [`body.${name}`, `headers.${name}`]),
  ...secretNames.filter((name) => name !== 'code').map((name) => `*.${name}`),
];

/**
 * Opens the log.
 *
 * @param level       the least severe level written; `silent` writes nothing
 * @param destination where lines go; standard output by default
 */
export function createLog(
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent',
  destination: pino.DestinationStream = pino.destination({ fd: 1, sync: true }),
): Log {
  const writer = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
      redact: { paths: secretPaths, censor: '[cut]' },
    },
    destination,
  );
  const at =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}): void =>
      writer[name]({ event, ...fields });
  return Object.assign(at('info'), {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  });
}
