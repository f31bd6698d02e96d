import type { JobCreated } from '@yaguts/shared';
import type { Random } from '../proof/random.ts';
import type { PlatformLife } from './platform-life.ts';
import type { Party, Scheduler } from './scheduler.ts';
import { type Answer, approvalAbove, ask, frascosEach, type OrgSeat, type Question } from './template.ts';

/** What a person was told, for the oracle. */
export interface Told {
  /** Orders, by the multiplicador that belongs to one alone. */
  readonly orders: Map<number, { readonly org: string; jobId: number | undefined }>;
  /** Refills, by the milligrams that belong to one alone. */
  readonly refills: Map<number, { readonly org: string; isAnswered: boolean }>;
  /** Answers that no request may have. */
  readonly wrong: string[];
}

const tries = 6;
/** Longer than any answer takes. */
const patienceMs = 4_000;
const betweenMs = 3_000;

/** Somebody of an organisation with a phone: asks, waits, asks again with the same key when nothing comes. */
export class Cook {
  readonly party: Party;
  /** Jobs that were answered, oldest first. */
  readonly jobs: number[] = [];
  isDone = false;
  requests = 0;
  readonly #seat: OrgSeat;
  readonly #scheduler: Scheduler;
  readonly #platform: PlatformLife;
  readonly #random: Random;
  readonly #told: Told;
  #keys = 0;

  constructor(
    seat: OrgSeat,
    at: { scheduler: Scheduler; platform: PlatformLife; random: Random; told: Told },
  ) {
    this.#seat = seat;
    this.#scheduler = at.scheduler;
    this.#platform = at.platform;
    this.#random = at.random;
    this.#told = at.told;
    this.party = at.scheduler.party(`cook-${seat.org}`);
  }

  /** Begins a day of so many acts. */
  begin(acts: number): void {
    this.#scheduler.timer(() => void this.#day(acts), 1, false, this.party);
  }

  async #day(acts: number): Promise<void> {
    for (let n = 0; n < acts; n++) {
      await this.#act(n === 0 ? 'order' : this.#random.pick(days));
      await this.#scheduler.sleep(this.#random.between(1, betweenMs));
    }
    this.isDone = true;
  }

  #act(what: (typeof days)[number]): Promise<unknown> {
    const device = this.#random.pick(this.#seat.devices).device;
    const job = this.jobs.length > 0 ? this.#random.pick(this.jobs) : undefined;
    if (what === 'order' || (job === undefined && what !== 'refill')) return this.#order(device);
    switch (what) {
      case 'refill':
        return this.#refill(device);
      case 'next':
        return this.ask('POST', `/api/devices/${device}/queue/next`, {});
      case 'hold':
        return this.ask('POST', `/api/devices/${device}/queue/pause`, { pausada: this.#random.chance(0.5) });
      case 'stop':
        return this.ask('POST', '/api/stop', {});
      case 'close':
      case 'cancel':
        return this.ask('POST', `/api/jobs/${job}/${what}`, { motivo: 'story' });
      default:
        return this.ask('POST', `/api/jobs/${job}/${what}`, {});
    }
  }

  async #order(device: string): Promise<void> {
    const n = this.#told.orders.size;
    const milesimos = (this.#random.chance(0.15) ? approvalAbove * 1_000 + 1 : 1_000) + n;
    const order: { org: string; jobId: number | undefined } = { org: this.#seat.org, jobId: undefined };
    this.#told.orders.set(milesimos, order);
    const receita_id = this.#random.pick(this.#seat.receitas);
    const answer = await this.ask('POST', '/api/jobs', {
      receita_id,
      multiplicador: milesimos / 1_000,
      device,
    });
    if (answer?.status !== 201) return;
    order.jobId = (answer.json as JobCreated).job_id;
    this.jobs.push(order.jobId);
  }

  async #refill(device: string): Promise<void> {
    const mg = 1_000 + this.#told.refills.size;
    const refill = { org: this.#seat.org, isAnswered: false };
    this.#told.refills.set(mg, refill);
    const frasco = this.#random.between(1, frascosEach);
    const body = { tipo: 'entrada', device, frasco, quantidade_g: mg / 1_000, nota: '' };
    const answer = await this.ask('POST', '/api/estoque/movimentos', body);
    refill.isAnswered = answer?.status === 201;
  }

  /** Asks until there is an answer, or patience ends: then nobody knows whether it was done. */
  async ask(method: string, path: string, body?: object): Promise<Answer | undefined> {
    const key = method === 'GET' ? undefined : `${this.#seat.org}-${this.#keys++}`;
    for (let n = 0; n < tries; n++) {
      const answer = await this.#once({ method, path, body, key, token: this.#tokenFor(path) });
      if (answer && answer.status !== 503 && answer.status !== 429) {
        if (answer.status >= 500) this.#told.wrong.push(`${method} ${path}: ${JSON.stringify(answer.json)}`);
        this.#scheduler.trace(`${this.party.name} ${method} ${path} ${answer.status}`);
        return answer;
      }
      await this.#scheduler.sleep(this.#random.between(100, 1_500));
    }
    return undefined;
  }

  #tokenFor(path: string): string {
    return /\/(approve|reject)$/.test(path) ? this.#seat.approver : this.#seat.token;
  }

  /** Undefined: nothing came back, whatever happened there. */
  #once(question: Question): Promise<Answer | undefined> {
    this.requests++;
    const scheduler = this.#scheduler;
    const way = (): number => this.#random.between(1, 30);
    const { party: server } = this.#platform;
    return new Promise((resolve) => {
      const late = scheduler.timer(() => resolve(undefined), patienceMs, false, this.party);
      if (!server) return;
      const arrive = (): void => {
        const { platform } = this.#platform;
        if (!platform) return;
        ask(platform, question).then(
          (answer) =>
            void scheduler.timer(
              () => {
                late.cancel();
                resolve(answer);
              },
              way(),
              false,
              this.party,
            ),
          (error: Error) => {
            scheduler.failure ??= error;
          },
        );
      };
      scheduler.timer(arrive, way(), false, server);
    });
  }
}

/** What a cook does, as often as it stands here. */
const days = [
  ...[
    'order',
    'order',
    'order',
    'order',
    'cancel',
    'cancel',
    'pause',
    'resume',
    'retry',
    'retry',
    'next',
    'next',
  ],
  ...['refill', 'refill', 'approve', 'approve', 'reject', 'hold', 'stop', 'close'],
] as const;
