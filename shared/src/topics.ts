import type * as v from 'valibot';
import { codePattern, eventTypePattern, idPattern } from './ids.ts';
import { limits } from './limits.ts';
import * as device from './messages/device.ts';
import * as job from './messages/job.ts';
import * as org from './messages/org.ts';
import type { Permission } from './permissions.ts';

/**
 * The topic table: the one place that says which topics exist, who publishes and who reads each, with which
 * QoS and retain flag, and what the payload is. It has four readers: validation and types (decode, encode,
 * PayloadOf), access rights in the broker, the firmware header, and the table in the README.
 */

export const topicRoot = 'yaguts/v1';

/** `device` is the device named in the path, `self` the person named in it, `people` anyone of the org. */
export type Reader = 'device' | 'people' | 'self' | 'everyone' | 'claim' | 'topics:all';
export type Publisher = 'device' | 'api' | 'self' | 'claim';
/** `state`: always retained. `until_acked`: retained by its publisher, cleared by the api after its ack. */
export type Retain = 'never' | 'state' | 'until_acked';

export interface TopicRow<Pattern extends string = string, Schema extends v.GenericSchema = v.GenericSchema> {
  readonly pattern: Pattern;
  readonly from: Publisher;
  readonly qos: 0 | 1;
  readonly retain: Retain;
  readonly readers: readonly Reader[];
  /** What a person needs beside belonging to the org. */
  readonly needs?: Permission;
  readonly maxBytes: number;
  readonly schema: Schema;
  readonly purpose: string;
}

const row = <const P extends string, S extends v.GenericSchema>(
  pattern: P,
  schema: S,
  rest: Omit<TopicRow<P, S>, 'pattern' | 'schema' | 'maxBytes'> & { maxBytes?: number },
): TopicRow<P, S> => ({
  maxBytes: 4_096,
  ...rest,
  pattern,
  schema,
});

const people = ['people'] as const;
const ops = ['topics:all'] as const;
const state = { qos: 1, retain: 'state' } as const;
const once = { qos: 1, retain: 'never' } as const;
const untilAcked = { qos: 1, retain: 'until_acked' } as const;
const tick = { qos: 0, retain: 'never' } as const;
const fromDevice = { from: 'device', readers: ops } as const;
const toDevice = { from: 'api', readers: ['device', 'topics:all'] } as const;
const toPeople = { from: 'api', readers: people } as const;
const toSelf = { from: 'api', readers: ['self'] } as const;

export const topics = {
  presence: row('{org}/devices/{device}/presence', device.Presence, {
    ...fromDevice,
    ...state,
    purpose: 'Connection of the device, and its will',
  }),
  birth: row('{org}/devices/{device}/birth', device.Birth, {
    ...fromDevice,
    ...state,
    purpose: 'Who the device is; first on every connection',
  }),
  telemetry: row('{org}/devices/{device}/telemetry', device.Telemetry, {
    ...fromDevice,
    ...tick,
    purpose: 'Health, at most every 10 s',
  }),
  deviceLog: row('{org}/devices/{device}/log/{level}', device.LogLine, {
    ...fromDevice,
    ...tick,
    purpose: 'Serial line with its tag',
  }),
  jobsNext: row('{org}/devices/{device}/jobs/next', job.JobDocument, {
    ...toDevice,
    ...state,
    maxBytes: limits.maxJobBytes,
    purpose: 'The job offered to or running on the device; empty when none',
  }),
  jobRejected: row('{org}/devices/{device}/jobs/{job_id}/rejected', job.JobRejected, {
    ...fromDevice,
    ...once,
    purpose: 'The offer cannot be taken',
  }),
  jobStart: row('{org}/devices/{device}/jobs/{job_id}/start', job.StartRequest, {
    ...fromDevice,
    ...once,
    purpose: 'Asks for leave to start',
  }),
  startAccepted: row('{org}/devices/{device}/jobs/{job_id}/start/accepted', job.StartAccepted, {
    ...toDevice,
    ...once,
    purpose: 'Leave to start, with the time',
  }),
  startRejected: row('{org}/devices/{device}/jobs/{job_id}/start/rejected', job.StartRejected, {
    ...toDevice,
    ...once,
    purpose: 'No leave to start',
  }),
  jobLog: row('{org}/devices/{device}/jobs/{job_id}/log/{item_ordem}', job.ExecutionLogEntry, {
    from: 'device',
    readers: people,
    needs: 'jobs:view',
    ...untilAcked,
    maxBytes: limits.maxEntryBytes,
    purpose: "The device's final word on one frasco",
  }),
  jobProgress: row('{org}/devices/{device}/jobs/{job_id}/progress', device.Progress, {
    from: 'device',
    readers: people,
    needs: 'jobs:view',
    ...tick,
    purpose: 'Running frasco, at most 4 a second',
  }),
  jobComplete: row('{org}/devices/{device}/jobs/{job_id}/complete', job.JobCompleteIn, {
    ...fromDevice,
    ...untilAcked,
    maxBytes: 32_768,
    purpose: "The device's final account",
  }),
  jobAck: row('{org}/devices/{device}/jobs/{job_id}/ack', job.JobAck, {
    ...toDevice,
    ...once,
    purpose: 'Items committed: the device may free them',
  }),
  jobCancel: row('{org}/devices/{device}/jobs/{job_id}/cancel', job.JobCancel, {
    ...toDevice,
    ...once,
    purpose: 'Stop this job',
  }),
  cancelAccepted: row('{org}/devices/{device}/jobs/{job_id}/cancel/accepted', job.CancelAccepted, {
    ...fromDevice,
    ...once,
    purpose: 'Stopped, and at which item',
  }),
  cancelRejected: row('{org}/devices/{device}/jobs/{job_id}/cancel/rejected', job.CancelRejected, {
    ...fromDevice,
    ...once,
    purpose: 'Not stopped, and why',
  }),
  configDesired: row('{org}/devices/{device}/config/desired', device.ConfigDesired, {
    ...toDevice,
    ...state,
    maxBytes: limits.maxConfigBytes,
    purpose: 'Frascos, calibration and limits as wanted',
  }),
  configReported: row('{org}/devices/{device}/config/reported', device.ConfigReported, {
    ...fromDevice,
    ...state,
    purpose: 'What is really applied',
  }),
  command: row('{org}/devices/{device}/cmd/{op}', device.Command, {
    ...toDevice,
    ...once,
    purpose: 'Command with an expiry',
  }),
  commandAccepted: row('{org}/devices/{device}/cmd/{op}/accepted', device.CommandAccepted, {
    ...fromDevice,
    ...once,
    purpose: 'Command done',
  }),
  commandRejected: row('{org}/devices/{device}/cmd/{op}/rejected', device.CommandRejected, {
    ...fromDevice,
    ...once,
    purpose: 'Command refused, and why',
  }),
  otaDesired: row('{org}/devices/{device}/ota/desired', device.OtaDesired, {
    ...toDevice,
    ...state,
    maxBytes: limits.maxConfigBytes,
    purpose: 'Signed firmware manifest',
  }),
  otaState: row('{org}/devices/{device}/ota/state', device.OtaState, {
    ...fromDevice,
    ...state,
    purpose: 'Progress of an update',
  }),

  jobState: row('{org}/jobs/{job_id}/state', org.JobState, {
    ...toPeople,
    needs: 'jobs:view',
    ...state,
    maxBytes: 16_384,
    purpose: 'Whole snapshot of a job, until 24 h after its end',
  }),
  jobEvents: row('{org}/jobs/{job_id}/events', org.JobEvent, {
    ...toPeople,
    needs: 'jobs:view',
    ...once,
    maxBytes: 16_384,
    purpose: 'What happened, numbered without holes',
  }),
  deviceState: row('{org}/devices/{device}/state', org.DeviceState, {
    ...toPeople,
    ...state,
    maxBytes: 16_384,
    purpose: 'Presence after stale wills, current job, firmware, alerts',
  }),
  estoque: row('{org}/estoque/{device}/{frasco}', org.EstoqueState, {
    ...toPeople,
    needs: 'estoque:view',
    ...state,
    purpose: 'Grams in one frasco',
  }),
  orgEvent: row('{org}/events/{type}', org.OrgEvent, {
    ...toPeople,
    ...once,
    maxBytes: 16_384,
    purpose: 'Event of the organisation',
  }),
  userEvent: row('{org}/users/{user}/events/{type}', org.OrgEvent, {
    ...toSelf,
    ...once,
    maxBytes: 16_384,
    purpose: 'Event for one person',
  }),
  userBadge: row('{org}/users/{user}/badge', org.Badge, {
    ...toSelf,
    ...state,
    purpose: 'What waits for one person',
  }),
  userRequest: row('{org}/users/{user}/req/{op}', org.UserRequest, {
    from: 'self',
    readers: ['self'],
    ...once,
    maxBytes: 16_384,
    purpose: 'A main operation without HTTP',
  }),
  userResponse: row('{org}/users/{user}/res/{op}', org.UserResponse, {
    ...toSelf,
    ...once,
    maxBytes: 65_000,
    purpose: 'Its answer',
  }),

  serverState: row('_server/state', org.ServerState, {
    from: 'api',
    readers: ['everyone'],
    ...state,
    purpose: 'Platform online, version, epoch; also its will',
  }),
  provisionRequest: row('_provision/{code}/request', org.ProvisionRequest, {
    from: 'claim',
    readers: [],
    ...once,
    purpose: 'A new device asks for its credential',
  }),
  provisionAccepted: row('_provision/{code}/accepted', org.ProvisionAccepted, {
    from: 'api',
    readers: ['claim'],
    ...once,
    purpose: 'The credential, once',
  }),
  provisionRejected: row('_provision/{code}/rejected', org.ProvisionRejected, {
    from: 'api',
    readers: ['claim'],
    ...once,
    purpose: 'The claim is not valid',
  }),
} as const;

export type TopicKey = keyof typeof topics;
export type PayloadOf<K extends TopicKey> = v.InferOutput<(typeof topics)[K]['schema']>;
export const topicKeys = Object.keys(topics) as readonly TopicKey[];

type NamesIn<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;
type ParamValue<Name extends string> = Name extends 'job_id' | 'item_ordem' | 'frasco' ? number : string;
/** The parameters of a row: a missing or misspelt id is a compile error. */
export type ParamsOf<K extends TopicKey> = {
  readonly [Name in NamesIn<(typeof topics)[K]['pattern']>]: ParamValue<Name>;
};

const positive = /^[1-9][0-9]{0,15}$/;
/** What may stand in each parameter of a pattern. */
export const paramGrammar: Readonly<Record<string, (level: string) => boolean>> = {
  org: (level) => idPattern.test(level),
  device: (level) => idPattern.test(level),
  user: (level) => idPattern.test(level),
  code: (level) => codePattern.test(level),
  job_id: (level) => positive.test(level) && Number.isSafeInteger(Number(level)),
  item_ordem: (level) => positive.test(level) && Number(level) <= limits.maxItens,
  frasco: (level) => positive.test(level) && Number(level) <= limits.maxFrascos,
  level: (level) => (device.logLevels as readonly string[]).includes(level),
  op: (level) =>
    (device.commandOps as readonly string[]).includes(level) ||
    (org.requestOps as readonly string[]).includes(level),
  type: (level) => eventTypePattern.test(level),
};

const paramName = (level: string): string | undefined =>
  level.startsWith('{') ? level.slice(1, -1) : undefined;
/** Levels of every pattern under the root, split once. */
export const patternLevels: Readonly<Record<TopicKey, readonly string[]>> = Object.fromEntries(
  topicKeys.map((key) => [key, topics[key].pattern.split('/')]),
) as unknown as Record<TopicKey, readonly string[]>;

/**
 * The topic of a row.
 *
 * @throws TypeError when a parameter does not obey its grammar: it must not become part of a topic
 */
export function topic<K extends TopicKey>(key: K, params: ParamsOf<K>): string {
  return `${topicRoot}/${fill(key, params, undefined)}`;
}

/** A topic filter of a row: `+` for each parameter left out. */
export function topicFilter<K extends TopicKey>(key: K, params: Partial<ParamsOf<K>>): string {
  return `${topicRoot}/${fill(key, params, '+')}`;
}

function fill(key: TopicKey, params: object, missing: string | undefined): string {
  const values = params as Readonly<Record<string, string | number | undefined>>;
  return patternLevels[key]
    .map((level) => {
      const name = paramName(level);
      if (name === undefined) return level;
      const given = values[name];
      if (given === undefined && missing !== undefined) return missing;
      const value = String(given);
      if (!paramGrammar[name]?.(value)) {
        throw new TypeError(`topic ${key}: {${name}} cannot be ${JSON.stringify(given)}`);
      }
      return value;
    })
    .join('/');
}

/** One matched topic; params as strings, as they stand in the topic. */
export type TopicMatch = { [K in TopicKey]: { readonly key: K; readonly params: ParamsOf<K> } }[TopicKey];

const numeric: ReadonlySet<string> = new Set(['job_id', 'item_ordem', 'frasco']);

/** A pattern, prepared for matching: every message of a broker is matched. */
interface Shape {
  readonly key: TopicKey;
  readonly literals: readonly { readonly at: number; readonly text: string }[];
  readonly parameters: readonly {
    readonly at: number;
    readonly name: string;
    readonly fits: (level: string) => boolean;
    readonly isNumber: boolean;
  }[];
}
/** By their number of levels. */
const shapes: Shape[][] = [];
for (const key of topicKeys) {
  const levels = patternLevels[key].map((level, at) => ({ at, text: level, name: paramName(level) }));
  const shape: Shape = {
    key,
    literals: levels.filter(({ name }) => name === undefined),
    parameters: levels.flatMap(({ at, name }) =>
      name === undefined
        ? []
        : [{ at, name, fits: paramGrammar[name] ?? (() => false), isNumber: numeric.has(name) }],
    ),
  };
  (shapes[levels.length] ??= []).push(shape);
}
const rootPrefix = `${topicRoot}/`;

/** Finds the row a topic belongs to, with its parameters; undefined when it is none of ours. */
export function matchTopic(name: string): TopicMatch | undefined {
  if (!name.startsWith(rootPrefix)) return undefined;
  const levels = name.slice(rootPrefix.length).split('/');
  for (const shape of shapes[levels.length] ?? []) {
    const params = matchLevels(shape, levels);
    if (params) return { key: shape.key, params } as unknown as TopicMatch;
  }
  return undefined;
}

function matchLevels(
  { literals, parameters }: Shape,
  levels: readonly string[],
): Record<string, string | number> | undefined {
  for (const { at, text } of literals) if (levels[at] !== text) return undefined;
  const params: Record<string, string | number> = {};
  for (const { at, name, fits, isNumber } of parameters) {
    const level = levels[at] as string;
    if (!fits(level)) return undefined;
    params[name] = isNumber ? Number(level) : level;
  }
  return params;
}
