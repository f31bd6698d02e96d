import { matchTopic } from '@yaguts/shared';
import { createPacketReader, packetTypes, readPublish } from '../bench/mqtt-wire.ts';
import { createWireTap } from '../proof/wire-tap.ts';
import type { BoardLife } from './board-life.ts';
import type { Tap } from './network.ts';
import type { Party } from './scheduler.ts';
import type { Template } from './template.ts';

/** What was heard on the wires of the boards: kept outside of everything that can be killed. */
export interface Ears {
  /** Messages of acks. */
  readonly acks: number;
  /** `org/job/item` that the api said it has. */
  readonly acked: ReadonlySet<string>;
  /** The same by the broker's PUBACK, which waits for the commit; with the token of the report. */
  readonly pubacked: ReadonlyMap<string, string>;
  /** `org/job` whose final account was acked. */
  readonly completed: ReadonlySet<string>;
  /** Topics that reached somebody of another organisation. */
  readonly crossed: readonly string[];
  /** Jobs that had ended and said something else later. */
  readonly revived: readonly string[];
  /** Hears what the api publishes. */
  readonly published: (topic: string, payload: string) => void;
  readonly tapOf: (client: Party) => Tap | undefined;
  listen(boards: readonly BoardLife[], template: Template): void;
}

/** Makes the ears; deaf until they are told whose wires they hear. */
export function createEars(): Ears {
  const acked = new Set<string>();
  const pubacked = new Map<string, string>();
  const completed = new Set<string>();
  const crossed: string[] = [];
  let acks = 0;
  let all: readonly BoardLife[] = [];

  /** `org/job` → the end that was told, and in which version of the snapshot. */
  const ends = new Map<string, { readonly status: string; readonly versao: number }>();
  const revived: string[] = [];

  function published(topic: string, payload: string): void {
    if (payload === '' || !topic.endsWith('/state')) return;
    const match = matchTopic(topic);
    if (match?.key !== 'jobState') return;
    const { status, versao } = JSON.parse(payload) as { status: string; versao: number };
    const key = `${match.params.org}/${match.params.job_id}`;
    const end = ends.get(key);
    // A snapshot may come late; what counts is what the later version says.
    if (end && versao > end.versao && status !== end.status)
      revived.push(`job ${key} was ${end.status}, is ${status}`);
    const isOpen = status === 'queued' || status === 'running';
    if (!isOpen && (!end || versao < end.versao)) ends.set(key, { status, versao });
  }

  function tapOf(client: Party): Tap | undefined {
    const seat = all.find(({ party }) => party === client)?.plan.seat;
    if (!seat) return undefined;
    const { org } = seat;
    const tap = createWireTap({
      acked({ jobId, itens, complete }) {
        acks++;
        for (const item of itens) acked.add(`${org}/${jobId}/${item}`);
        if (complete) completed.add(`${org}/${jobId}`);
      },
      pubacked({ jobId, item, token }) {
        if (item !== undefined) pubacked.set(`${org}/${jobId}/${item}`, token);
      },
    });
    const reader = createPacketReader((type, flags, body) => {
      if (type !== packetTypes.publish) return;
      const { topic } = readPublish(flags, body);
      const params = matchTopic(topic)?.params;
      if (params && 'org' in params && params.org !== org) crossed.push(`${topic} reached ${client.name}`);
    });
    return {
      up: (bytes) => tap.up(bytes),
      down(bytes) {
        tap.down(bytes);
        reader(bytes);
      },
    };
  }

  return {
    get acks() {
      return acks;
    },
    ...{ acked, pubacked, completed, crossed, revived, published, tapOf },
    listen(boards) {
      all = boards;
    },
  };
}
