import { describe, expect, test } from 'vitest';
import { ConfigError, configTable, parseConfig, unknownSettings } from './config.ts';

const faultsOf = (env: Record<string, string>): readonly string[] => {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
};

describe('configuration', () => {
  test('an empty environment gives the defaults of the table', () => {
    const config = parseConfig({});
    expect(config).toMatchObject({
      dataDir: './data',
      httpPort: 8080,
      mqttPort: 1883,
      mqttsPort: 8883,
      tlsCert: null,
      development: false,
      allowedOrigins: [],
    });
  });

  test('"off" closes a port and an empty variable counts as absent', () => {
    expect(parseConfig({ YAGUTS_MQTT_PORT: 'off', YAGUTS_HTTP_PORT: '' })).toMatchObject({
      mqttPort: null,
      httpPort: 8080,
    });
  });

  test('every fault is named at once, with what to write instead', () => {
    const faults = faultsOf({
      YAGUTS_HTTP_PORT: '80800',
      YAGUTS_MQTT_PORT: 'closed',
      YAGUTS_LOG_LEVEL: 'loud',
      YAGUTS_PUBLIC_ORIGIN: 'https://kitchen.example/page',
      YAGUTS_TRUSTED_PROXIES: 'my proxy',
      YAGUTS_MQTT_URL: 'http://broker',
      YAGUTS_DEVELOPMENT: 'perhaps',
    });
    expect(faults).toHaveLength(7);
    expect(faults).toContain('YAGUTS_HTTP_PORT is "80800": write a whole number from 0 to 65535');
    expect(faults).toContain('YAGUTS_MQTT_PORT is "closed": write a port from 0 to 65535, or off');
    expect(faults).toContain('YAGUTS_LOG_LEVEL is "loud": write debug, info, warn, error or silent');
  });

  test('a secret with a fault is not repeated in the message', () => {
    const [fault] = faultsOf({ YAGUTS_METRICS_TOKEN: 'short-secret' });
    expect(fault).toBe('YAGUTS_METRICS_TOKEN: write at least 16 characters');
  });

  test('settings that contradict each other are refused', () => {
    expect(faultsOf({ YAGUTS_TLS_CERT: '/cert.pem' })[0]).toMatch(/belong together/);
    expect(faultsOf({ YAGUTS_MQTT_USER: 'api' })[0]).toMatch(/YAGUTS_MQTT_URL/);
    expect(faultsOf({ YAGUTS_SESSION_IDLE_HOURS: '9', YAGUTS_SESSION_HOURS: '8' })[0]).toMatch(/at most/);
  });

  test('lists are split at commas', () => {
    const config = parseConfig({ YAGUTS_ALLOWED_ORIGINS: 'https://a.example, http://b.example:8080' });
    expect(config.allowedOrigins).toEqual(['https://a.example', 'http://b.example:8080']);
  });

  test('a misspelt setting is found, one that belongs to a command is not', () => {
    expect(unknownSettings({ YAGUTS_HTTPPORT: '1', YAGUTS_E2E: 'skip', PATH: '/' }, ['YAGUTS_E2E'])).toEqual([
      'YAGUTS_HTTPPORT',
    ]);
  });

  test('every setting of the table has a name, and a meaning for the README', () => {
    for (const row of configTable) {
      expect(row.name).toMatch(/^YAGUTS_[A-Z_]+$/);
      expect(row.meaning.length).toBeGreaterThan(10);
    }
  });
});
