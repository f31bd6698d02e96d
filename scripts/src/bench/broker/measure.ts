import { readable } from '../figures.ts';
import { findMosquitto } from '../mosquitto.ts';
import { announceStep, type BenchOptions, machine, type Result, type Target, target } from '../result.ts';
import { compare, connectLoad, fanOutLoad, type Load, retainedLoad, type Standing } from './compare.ts';
import { type Start, startBare, startMosquittoAt, startOurs, startOursCommitting } from './contenders.ts';
import { idleBytes, passingCertificate, reconnectStorm } from './crowd.ts';
import { disturbances } from './honest-pair.ts';
import { type Subscriber, subscribeCost } from './subscribe-cost.ts';

/** What the parts of this bench add up to. */
interface Sheet {
  readonly targets: Target[];
  readonly ratios: Record<string, number>;
  readonly notes: string[];
  readonly faults: string[];
}

const fullConnections = 10_000;

/**
 * Our broker beside bare aedes and mosquitto, in one run.
 *
 * @param options `entries` is the number of connections of the crowds (10,000)
 */
export async function measureBroker({ isQuick, entries = fullConnections }: BenchOptions): Promise<Result> {
  const sheet: Sheet = { targets: [], ratios: {}, notes: [], faults: [] };
  const size = isQuick ? 0.2 : 1;
  const rounds = isQuick ? 2 : 3;
  const program = findMosquitto();
  if (program === undefined) sheet.notes.push('mosquitto is not installed: left out');
  const connections = Math.round(entries * (isQuick ? 0.1 : 1));
  await retained(sheet, size, rounds, program);
  await fanOuts(sheet, size, rounds);
  await overWebSocket(sheet, size, rounds, program);
  await connects(sheet, size, rounds);
  await subscriptions(sheet, isQuick);
  await idle(sheet, connections);
  await storm(sheet, connections);
  await honest(sheet, isQuick ? 1_500 : 5_000);
  return { machine: machine(), ...sheet };
}

async function retained(sheet: Sheet, size: number, rounds: number, program?: string): Promise<void> {
  announceStep('retained QoS 1, 10 publishers');
  const found = await compare<string>(
    retainedLoad(10, 20_000 * size),
    {
      bare: startBare,
      ours: startOurs,
      committing: startOursCommitting,
      ...(program !== undefined && { mosquitto: () => startMosquittoAt(program) }),
    },
    rounds,
  );
  const { bare, ours, committing, mosquitto } = found as Record<string, Standing> &
    Record<'bare' | 'ours' | 'committing', Standing>;
  rate(sheet, 'retained', 'retained QoS 1, rights and guard', ours, 'bare aedes', bare, 0.95);
  rate(sheet, 'retained_committed', 'the same, committed first', committing, 'bare aedes', bare, 0.95);
  if (mosquitto) {
    rate(sheet, 'retained_mosquitto', 'retained QoS 1, rights and guard', ours, 'mosquitto', mosquitto, 1);
    rate(
      sheet,
      'retained_committed_mosquitto',
      'the same, committed first',
      committing,
      'mosquitto',
      mosquitto,
      1,
    );
  }
  const extra = ours.cpuUs / bare.cpuUs - 1;
  sheet.ratios.pass_through_cpu = ours.cpuUs / bare.cpuUs;
  sheet.targets.push(
    target(
      'rights and guard, CPU per message',
      '≤ 10 % of bare aedes',
      `${readable(extra * 100)} %`,
      extra <= 0.1,
      `${readable(ours.cpuUs)} µs beside ${readable(bare.cpuUs)} µs`,
    ),
  );
}

async function fanOuts(sheet: Sheet, size: number, rounds: number): Promise<void> {
  for (const listeners of [50, 500]) {
    announceStep(`fan-out 1→${listeners}`);
    const load = fanOutLoad(listeners, Math.round((200_000 * size) / listeners));
    const { bare, ours } = await beside(load, rounds);
    const name = `fan-out 1→${listeners}, deliveries`;
    rate(sheet, `fan_out_${listeners}`, name, ours, 'bare aedes', bare, 1);
    sheet.ratios[`fan_out_${listeners}_cpu`] = ours.cpuUs / bare.cpuUs;
  }
}

async function overWebSocket(sheet: Sheet, size: number, rounds: number, program?: string): Promise<void> {
  announceStep('over WebSocket, fan-out 1→50');
  const fan = await beside(fanOutLoad(50, Math.round(2_000 * size), true), rounds);
  const fanName = 'over WebSocket, fan-out 1→50, deliveries';
  rate(sheet, 'web_socket_fan_out', fanName, fan.ours, "bare aedes with ws's stream", fan.bare, 3);
  sheet.ratios.web_socket_fan_out_cpu = fan.ours.cpuUs / fan.bare.cpuUs;
  announceStep('over WebSocket, 10 publishers');
  const load = retainedLoad(10, 5_000 * size, true);
  const { bare, ours } = await beside(load, rounds);
  const name = 'over WebSocket, retained QoS 1';
  rate(sheet, 'web_socket', name, ours, "bare aedes with ws's stream", bare, 3);
  sheet.ratios.web_socket_cpu = ours.cpuUs / bare.cpuUs;
  if (program === undefined) return;
  try {
    const { it } = await compare(load, { it: () => startMosquittoAt(program, 'websockets') }, rounds);
    rate(sheet, 'web_socket_mosquitto', name, ours, 'mosquitto', it, 0.5);
  } catch (error) {
    const said = (error as Error).message.split('\n');
    const why = said.find((line) => line.includes('Error:')) ?? said[0];
    sheet.notes.push(`mosquitto over WebSocket is left out: ${why}`);
  }
}

async function connects(sheet: Sheet, size: number, rounds: number): Promise<void> {
  announceStep('connects');
  const { bare, ours } = await beside(connectLoad(3_000 * size), rounds);
  rate(sheet, 'connects', 'connects, with authentication', ours, 'bare aedes', bare, 0.95);
  sheet.ratios.connects_cpu = ours.cpuUs / bare.cpuUs;
}

async function subscriptions(sheet: Sheet, isQuick: boolean): Promise<void> {
  const many = isQuick ? 20_000 : 100_000;
  announceStep(`SUBSCRIBE beside ${readable(many)} retained messages`);
  const times = isQuick ? 200 : 1_000;
  const few = await subscribeCost(100, times);
  const much = await subscribeCost(many, times);
  for (const who of Object.keys(few) as Subscriber[]) {
    const ratio = much[who] / few[who];
    sheet.ratios[`subscribe_${who}`] = ratio;
    sheet.targets.push(
      target(
        `SUBSCRIBE of a ${who}, ${readable(many)} retained ÷ 100`,
        '≤ 3',
        readable(ratio),
        ratio <= 3,
        `${readable(much[who])} ms beside ${readable(few[who])} ms`,
      ),
    );
  }
}

async function idle(sheet: Sheet, connections: number): Promise<void> {
  const bounds = { plain: 30_000, TLS: 60_000 };
  const certificate = passingCertificate();
  if (!certificate) sheet.notes.push('openssl is not installed: TLS is left out');
  for (const kind of ['plain', 'TLS'] as const) {
    if (kind === 'TLS' && !certificate) continue;
    const name = `memory of an idle ${kind} connection, ${readable(connections)} open`;
    announceStep(name);
    const tls = kind === 'TLS' ? certificate : undefined;
    try {
      const bare = await idleBytes(startBare, connections, tls);
      const ours = await idleBytes(startOurs, connections, tls);
      sheet.ratios[`idle_bytes_${kind.toLowerCase()}`] = ours / bare;
      sheet.targets.push(
        target(
          name,
          `≤ ${bounds[kind] / 1_000} kB`,
          `${readable(ours / 1_000)} kB`,
          ours <= bounds[kind],
          `bare aedes ${readable(bare / 1_000)} kB`,
        ),
      );
    } catch (error) {
      sheet.notes.push(`${name}: ${tooMany(error)}`);
    }
  }
}

async function storm(sheet: Sheet, connections: number): Promise<void> {
  announceStep(`reconnect storm of ${readable(connections)}`);
  try {
    const { reconnected, lost, seconds } = await reconnectStorm(connections);
    sheet.targets.push(
      target(
        'reconnect storm, connections back',
        readable(connections),
        readable(reconnected),
        reconnected === connections,
        `${readable(seconds)} s, ${readable(reconnected / seconds)} a second`,
      ),
      target('reconnect storm, entries lost', '0', String(lost), lost === 0),
    );
    if (lost !== 0) sheet.faults.push(`${lost} entries lost in the reconnect storm`);
  } catch (error) {
    sheet.notes.push(`reconnect storm: ${tooMany(error)}`);
  }
}

const tooMany = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code === 'EMFILE'
    ? 'this system does not allow so many open files; raise `ulimit -n`, or give fewer with --entries'
    : (error as Error).message;

async function honest(sheet: Sheet, msEach: number): Promise<void> {
  announceStep('an honest pair beside hostile cases');
  const [quiet, ...cases] = await disturbances(msEach);
  for (const { name, p50Ms, longestMs, messages } of cases) {
    sheet.targets.push(
      target(
        `longest delay beside: ${name}`,
        '≤ 50 ms',
        `${readable(longestMs)} ms`,
        longestMs <= 50,
        `p50 ${readable(p50Ms)} ms of ${messages}; alone ${readable(quiet?.longestMs ?? 0)} ms`,
      ),
    );
  }
}

const beside = (load: Load, rounds: number): Promise<Record<'bare' | 'ours', Standing>> =>
  compare<'bare' | 'ours'>(
    load,
    { bare: startBare, ours: startOurs } satisfies Record<string, Start>,
    rounds,
  );

/** One row: a rate beside another, and their quotient. */
function rate(
  sheet: Sheet,
  key: string,
  name: string,
  ours: Standing,
  otherName: string,
  other: Standing,
  wanted: number,
): void {
  const ratio = ours.perSecond / other.perSecond;
  sheet.ratios[key] = ratio;
  sheet.targets.push(
    target(
      `${name} ÷ ${otherName}`,
      `≥ ${wanted}`,
      readable(ratio),
      ratio >= wanted,
      `${readable(ours.perSecond)}/s beside ${readable(other.perSecond)}/s; CPU ${readable(ours.cpuUs)} beside ${readable(other.cpuUs)} µs`,
    ),
  );
}
