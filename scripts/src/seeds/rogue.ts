import { topic } from '@yaguts/shared';
import mqtt from 'mqtt';
import type { Random } from '../proof/random.ts';
import { mqttPort } from './platform-life.ts';
import type { Party, Scheduler } from './scheduler.ts';
import type { DeviceSeat } from './template.ts';

const reconnectMs = 900;
const betweenMs = 400;
const jobs = 6;

/**
 * Somebody with the credential of a dispenser and no good in mind: reports on jobs that are not its own, numbers out
 * of range, bytes that are no JSON, topics of others. What it says must change nothing and disturb nobody.
 */
export class Rogue {
  readonly party: Party;
  said = 0;
  readonly #seat: DeviceSeat;
  readonly #scheduler: Scheduler;
  readonly #random: Random;

  constructor(seat: DeviceSeat, scheduler: Scheduler, random: Random) {
    this.#seat = seat;
    this.#scheduler = scheduler;
    this.#random = random;
    this.party = scheduler.party(`rogue-${seat.org}.${seat.device}`);
  }

  begin(messages: number): void {
    this.#scheduler.timer(() => void this.#talk(messages), 1, false, this.party);
  }

  async #talk(messages: number): Promise<void> {
    const { org, device, password } = this.#seat;
    const id = `${org}.${device}`;
    const client = mqtt.connect(`mqtt://platform:${mqttPort}`, {
      ...{ protocolVersion: 4, clientId: id, username: id, password, reconnectPeriod: reconnectMs },
    });
    client.on('error', () => {});
    for (let n = 0; n < messages; n++) {
      await this.#scheduler.sleep(this.#random.between(1, betweenMs));
      const { name, payload } = this.#message();
      this.said++;
      client.publish(name, payload, { qos: 1, retain: this.#random.chance(0.5) }, () => {});
    }
    await this.#scheduler.sleep(betweenMs);
    client.end(true);
  }

  #message(): { name: string; payload: string | Buffer } {
    const random = this.#random;
    const { org, device } = this.#seat;
    // One in eight on the topics of another: the broker closes the connection for that.
    const other = random.chance(0.12)
      ? random.pick([{ device: 'd-9' }, { org: org === 'alfa' ? 'beta' : 'alfa' }])
      : {};
    const own = { org, device, ...other };
    const job_id = random.chance(0.1) ? 2 ** 40 : random.between(1, jobs);
    const item_ordem = random.between(1, 4);
    const token = random.pick(['0'.repeat(16), 'f'.repeat(16), 'none']);
    const job = { v: 1, job_id, seq: random.between(1, 99), token };
    const entry = {
      ...job,
      item_ordem,
      frasco: 1,
      quantidade_g: 1,
      segundos: 1,
      status: 'done',
      error: null,
    };
    const times = { boot_id: 'x', uptime_ms: 1, ts: random.pick([null, 0, 2 ** 31]) };
    const bytes = Buffer.from(Array.from({ length: random.between(1, 60) }, () => random.between(0, 255)));
    const [name, said] = random.pick([
      [topic('jobLog', { ...own, job_id, item_ordem }), { ...entry, ...times }],
      [topic('jobLog', { ...own, job_id, item_ordem }), { ...entry, ...times, item_ordem: 9 }],
      [
        topic('jobComplete', { ...own, job_id }),
        { ...job, itens_completados: 9, itens_falhados: -1, execution_logs: [] },
      ],
      [
        topic('jobComplete', { ...own, job_id }),
        { ...job, itens_completados: 1, itens_falhados: 0, execution_logs: [entry] },
      ],
      [topic('jobStart', { ...own, job_id }), job],
      [topic('cancelAccepted', { ...own, job_id }), { id: 'c1', item_ordem: null }],
    ] as const);
    return { name, payload: random.chance(0.2) ? bytes : JSON.stringify(said) };
  }
}
