import * as v from 'valibot';

/**
 * The configuration: environment variables prefixed YAGUTS_, parsed once at start. Each setting is one line of
 * the table below, which the README prints too, so that a setting cannot exist without its meaning.
 */

interface Setting<T> {
  readonly name: string;
  /** As it would be written in the environment; empty when the setting is off by itself. */
  readonly standard: string;
  readonly meaning: string;
  readonly schema: v.GenericSchema<string, T>;
}

const setting = <T>(
  name: string,
  standard: string,
  meaning: string,
  schema: v.GenericSchema<string, T>,
): Setting<T> => ({ name: `YAGUTS_${name}`, standard, meaning, schema });

const text = v.string();
const optionalText = v.pipe(
  v.string(),
  v.transform((value): string | null => (value === '' ? null : value)),
);
const wholeNumber = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,9}$/, `write a whole number from ${min} to ${max}`),
    v.transform(Number),
    v.minValue(min, `write a whole number from ${min} to ${max}`),
    v.maxValue(max, `write a whole number from ${min} to ${max}`),
  );
const port = wholeNumber(0, 65_535);
const portOrOff = v.union(
  [
    v.pipe(
      v.literal('off'),
      v.transform(() => null),
    ),
    port,
  ],
  'write a port from 0 to 65535, or off',
);
const minutesOrOff = v.union(
  [
    v.pipe(
      v.literal('off'),
      v.transform(() => null),
    ),
    wholeNumber(1, 1_440),
  ],
  'write minutes from 1 to 1440, or off',
);
const flag = v.pipe(
  v.picklist(['true', 'false', '1', '0', ''], 'write true or false'),
  v.transform((value) => value === 'true' || value === '1'),
);
const list = v.pipe(
  v.string(),
  v.transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  ),
);
const isOrigin = (value: string): boolean => URL.canParse(value) && new URL(value).origin === value;
const originAdvice = 'write an origin such as https://kitchen.example, without a path';
const origin = v.pipe(
  optionalText,
  v.check((value) => value === null || isOrigin(value), originAdvice),
);
const origins = v.pipe(
  list,
  v.check((values) => values.every(isOrigin), `${originAdvice}; several with commas`),
);
const addresses = v.pipe(
  list,
  v.check(
    (values) => values.every((value) => /^[0-9a-f.:]+$/i.test(value)),
    'write addresses such as 10.0.0.2 or ::1, with commas',
  ),
);
const mqttUrl = v.pipe(
  optionalText,
  v.check(
    (value) => value === null || /^(mqtts?|wss?):\/\/[^/@\s]+/.test(value),
    'write a URL such as mqtt://broker.example:1883, with user and password in settings of their own',
  ),
);
const logLevel = v.picklist(
  ['debug', 'info', 'warn', 'error', 'silent'],
  'write debug, info, warn, error or silent',
);
const secretText = v.pipe(
  optionalText,
  v.check((value) => value === null || value.length >= 16, 'write at least 16 characters'),
);

const settings = {
  dataDir: setting('DATA_DIR', './data', 'Folder of the database, keys and backups (mode 0700)', text),
  httpHost: setting('HTTP_HOST', '0.0.0.0', 'Address that HTTP, web and MQTT over WebSocket listen on', text),
  httpPort: setting('HTTP_PORT', '8080', 'Their port; 0 takes a free one', port),
  mqttHost: setting('MQTT_HOST', '0.0.0.0', 'Address that MQTT listens on', text),
  mqttPort: setting('MQTT_PORT', '1883', 'Port of plain MQTT; off closes it', portOrOff),
  mqttsPort: setting(
    'MQTTS_PORT',
    '8883',
    'Port of MQTT over TLS, open when a certificate is there; off closes it',
    portOrOff,
  ),
  tlsCert: setting(
    'TLS_CERT',
    '',
    'PEM file with the certificate chain; with it HTTP_PORT speaks https and wss',
    optionalText,
  ),
  tlsKey: setting('TLS_KEY', '', 'PEM file with its private key', optionalText),
  mqttUrl: setting(
    'MQTT_URL',
    '',
    'Broker to use instead of the one inside, such as mqtt://broker.example',
    mqttUrl,
  ),
  mqttUser: setting('MQTT_USER', '', 'User name for that broker', optionalText),
  mqttPassword: setting('MQTT_PASSWORD', '', 'Password for that broker', optionalText),
  backupMinutes: setting(
    'BACKUP_MINUTES',
    '15',
    'Minutes between two backups into `backups` of the data folder; off makes none',
    minutesOrOff,
  ),
  logLevel: setting('LOG_LEVEL', 'info', 'debug, info, warn, error or silent', logLevel),
  development: setting(
    'DEVELOPMENT',
    'false',
    'true opens the simulator page and its test route; never on a real installation',
    flag,
  ),
  publicOrigin: setting(
    'PUBLIC_ORIGIN',
    '',
    'Origin that people open, when it is not what the request says (behind a proxy)',
    origin,
  ),
  allowedOrigins: setting(
    'ALLOWED_ORIGINS',
    '',
    'Further origins whose pages may connect to /mqtt and send requests, such as a development server; with commas',
    origins,
  ),
  trustedProxies: setting(
    'TRUSTED_PROXIES',
    '',
    'Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, with commas',
    addresses,
  ),
  metricsToken: setting(
    'METRICS_TOKEN',
    '',
    'Bearer token that opens /metrics from elsewhere than this machine',
    secretText,
  ),
  securityContact: setting(
    'SECURITY_CONTACT',
    '',
    'Where to report a weakness (mailto: or https:), shown in /.well-known/security.txt',
    v.pipe(
      optionalText,
      v.check(
        (value) => value === null || /^(mailto:|https:\/\/)\S+$/.test(value),
        'write mailto:someone@example or an https address',
      ),
    ),
  ),
  sessionIdleHours: setting(
    'SESSION_IDLE_HOURS',
    '168',
    'A session ends after so many hours without use',
    wholeNumber(1, 8_760),
  ),
  sessionHours: setting(
    'SESSION_HOURS',
    '720',
    'A session ends after so many hours in any case',
    wholeNumber(1, 8_760),
  ),
  requestsPerMinute: setting(
    'REQUESTS_PER_MINUTE',
    '1200',
    'API requests that one address may make in a minute',
    wholeNumber(1, 1_000_000),
  ),
  deviceMessagesPerSecond: setting(
    'DEVICE_MESSAGES_PER_SECOND',
    '20',
    'MQTT messages a device may send in a second before it is slowed down',
    wholeNumber(1, 1_000_000),
  ),
  deviceBurst: setting('DEVICE_BURST', '200', 'How many of them may come at once', wholeNumber(1, 1_000_000)),
  connectsPerSecond: setting(
    'CONNECTS_PER_SECOND',
    '20',
    'MQTT connects that one address may try in a second',
    wholeNumber(1, 1_000_000),
  ),
  halfOpenPerAddress: setting(
    'HALF_OPEN_PER_ADDRESS',
    '50',
    'Connections of one address that have not finished CONNECT',
    wholeNumber(1, 1_000_000),
  ),
} as const;

type Parsed<S> = S extends Setting<infer T> ? T : never;
/** The parsed configuration, one key per setting. */
export type Config = { readonly [K in keyof typeof settings]: Parsed<(typeof settings)[K]> };

/** The settings as the README prints them: name, default and meaning. */
export const configTable: readonly { name: string; standard: string; meaning: string }[] = Object.values(
  settings,
).map(({ name, standard, meaning }) => ({ name, standard, meaning }));

/** Names every fault of the environment at once, each with what to write instead. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The configuration has faults:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/**
 * Reads the YAGUTS_ variables of an environment. Empty variables count as absent.
 *
 * @throws ConfigError that names every fault at once; secrets are never repeated in it
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const parsed: Record<string, unknown> = {};
  for (const [key, { name, standard, schema }] of Object.entries(settings) as [string, Setting<unknown>][]) {
    const written = env[name]?.trim() ?? '';
    const result = v.safeParse(schema, written === '' ? standard : written);
    if (result.success) parsed[key] = result.output;
    else faults.push(`${name}${quoted(name, written)}: ${result.issues[0].message}`);
  }
  const config = parsed as Config;
  if (faults.length === 0) faults.push(...contradictions(config));
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

/** YAGUTS_ variables that no setting reads: most likely misspelt, so the start names them. */
export function unknownSettings(
  env: Readonly<Record<string, string | undefined>>,
  alsoKnown: readonly string[] = [],
): string[] {
  const known = new Set([...configTable.map((row) => row.name), ...alsoKnown]);
  return Object.keys(env).filter((name) => name.startsWith('YAGUTS_') && !known.has(name));
}

const quoted = (name: string, written: string): string =>
  /TOKEN|PASSWORD/.test(name) ? '' : ` is ${JSON.stringify(written)}`;

function contradictions(config: Config): string[] {
  const found: string[] = [];
  if ((config.tlsCert === null) !== (config.tlsKey === null))
    found.push(
      'YAGUTS_TLS_CERT and YAGUTS_TLS_KEY belong together: name both files, or neither for plain http',
    );
  if (config.mqttUrl === null && (config.mqttUser !== null || config.mqttPassword !== null))
    found.push('YAGUTS_MQTT_USER and YAGUTS_MQTT_PASSWORD are for YAGUTS_MQTT_URL: set it too, or none');
  if (config.sessionIdleHours > config.sessionHours)
    found.push('YAGUTS_SESSION_IDLE_HOURS: write at most YAGUTS_SESSION_HOURS');
  return found;
}
