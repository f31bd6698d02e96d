import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sqlite } from '@yaguts/api';
import { topic, topicFilter } from '@yaguts/shared';
import mqtt, { type MqttClient } from 'mqtt';
import { benchOrg } from './bench-kitchen.ts';
import { answerParent, type CommonQuestions } from './child.ts';

/**
 * What a person would otherwise build behind a broker: mqtt.js, better-sqlite3, one commit with FULL and one ack
 * for each entry. It does less than the platform: no rights, no validation, no snapshots or events, no ledger.
 */
export interface PlainWorkerQuestions extends CommonQuestions {
  /** Begins to answer entries; without `stores` it acks them and keeps nothing. */
  start: { in: { port: number; stores: boolean }; out: null };
  stored: { in: null; out: number };
}

interface Entry {
  readonly job_id: number;
  readonly item_ordem: number;
  readonly token: string;
  readonly frasco: number;
  readonly quantidade_g: number;
  readonly status: string;
}
type Keep = (device: string, entry: Entry) => void;

const dir = mkdtempSync(join(tmpdir(), 'yaguts-bench-plain-'));
const file = new Sqlite(join(dir, 'plain.db'));
let client: MqttClient | undefined;

function openStore(): Keep {
  file.pragma('journal_mode = WAL');
  file.pragma('synchronous = FULL');
  file.exec(`
    create table if not exists execution_logs (
      device text, job_id integer, item_ordem integer, frasco integer, status text, quantidade_mg integer,
      recebido_em integer, primary key (device, job_id, item_ordem));
    create table if not exists frascos (
      device text, frasco integer, saldo_mg integer not null, primary key (device, frasco))`);
  const insert = file.prepare(
    'insert into execution_logs values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing',
  );
  const take = file.prepare(
    `insert into frascos values (?, ?, ?)
     on conflict do update set saldo_mg = saldo_mg + excluded.saldo_mg`,
  );
  return file.transaction((device: string, entry: Entry) => {
    const { job_id, item_ordem, frasco, status } = entry;
    const mg = Math.round(entry.quantidade_g * 1_000);
    const { changes } = insert.run(device, job_id, item_ordem, frasco, status, mg, Date.now());
    if (changes > 0 && status === 'done') take.run(device, frasco, -mg);
  });
}

async function start({ port, stores }: { port: number; stores: boolean }): Promise<void> {
  const keep = stores ? openStore() : undefined;
  const it = mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId: 'worker', protocolVersion: 4 });
  client = it;
  it.on('message', (name, payload) => {
    const device = name.split('/')[4] ?? '';
    const entry = JSON.parse(payload.toString('utf8')) as Entry;
    keep?.(device, entry);
    const { job_id, item_ordem, token } = entry;
    const ack = JSON.stringify({ token, itens: [item_ordem], complete: false });
    it.publish(topic('jobAck', { org: benchOrg, device, job_id }), ack, { qos: 1 });
  });
  await it.subscribeAsync(topicFilter('jobLog', { org: benchOrg }), { qos: 1 });
}

function stored(): number {
  const hasTable = file.prepare(`select 1 from sqlite_master where name = 'execution_logs'`).get();
  return hasTable ? Number(file.prepare('select count(*) from execution_logs').pluck().get()) : 0;
}

answerParent({ start, stored }, async () => {
  await client?.endAsync(true);
  file.close();
  rmSync(dir, { recursive: true, force: true });
});
