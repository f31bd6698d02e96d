import { randomBytes } from 'node:crypto';
import { createSealer, openPepper, Sqlite } from '@yaguts/api';

export interface IdleDevice {
  readonly device: string;
  readonly password: string;
}

/**
 * Adds devices to a stopped platform by copying the first one, each with empty frascos and a credential of its
 * own: making 10,000 of them over HTTP takes minutes.
 *
 * @param dataDir where the pepper of the credentials is
 */
export async function seedFleet(path: string, dataDir: string, count: number): Promise<IdleDevice[]> {
  const { seal } = createSealer(await openPepper(dataDir));
  const fleet = Array.from({ length: count }, (_, i) => ({
    device: `f-${i + 1}`,
    password: randomBytes(32).toString('base64url'),
  }));
  const file = new Sqlite(path);
  file.pragma('foreign_keys = ON');
  const copy = (table: string, overrides: Readonly<Record<string, string>>, which = 'true') => {
    const names = (file.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
    const values = names.map((name) => overrides[name] ?? name).join(', ');
    return file.prepare(
      `insert into ${table} (${names.join(', ')}) select ${values} from ${table} where device = :from and ${which}`,
    );
  };
  const device = copy('devices', { device: ':device', nome: ':device' });
  const jars = copy('frascos', { device: ':device', saldo_mg: '0', reservado_mg: '0' });
  const credential = copy(
    'device_credentials',
    { device: ':device', id: ':device', hmac: ':hmac' },
    'revogado_em is null',
  );
  const from = file.prepare('select device from devices order by device limit 1').pluck().get() as string;
  file.transaction(() => {
    for (const one of fleet) {
      const named = { from, device: one.device };
      device.run(named);
      jars.run(named);
      credential.run({ ...named, hmac: seal(one.password) });
    }
  })();
  file.close();
  return fleet;
}
