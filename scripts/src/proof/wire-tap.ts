import { decode, matchTopic } from '@yaguts/shared';
import { createPacketReader, packetTypes, readPublish } from '../bench/mqtt-wire.ts';

/** What passes between one device and the platform, as far as the oracle asks. */
export interface WireEvents {
  /** The api's own word: these items are committed. */
  readonly acked?: (word: AckSeen) => void;
  /** The broker's PUBACK for a report; `item` is undefined for a `complete`. */
  readonly pubacked?: (report: ReportSeen) => void;
  /** The device has published an entry or its final account. */
  readonly reported?: (report: ReportSeen) => void;
}
export interface ReportSeen {
  readonly device: string;
  readonly jobId: number;
  readonly item: number | undefined;
  readonly token: string;
}
export interface AckSeen {
  readonly device: string;
  readonly jobId: number;
  readonly itens: readonly number[];
  readonly complete: boolean;
}

/** Both directions of one connection. Feed it every byte that was read, in order, before it is passed on. */
export interface WireTap {
  up(chunk: Buffer): void;
  down(chunk: Buffer): void;
}

/** Listens in on one connection. Bytes that are no MQTT end the listening, never the connection. */
export function createWireTap(events: WireEvents): WireTap {
  /** Reports whose PUBACK is still to come, by packet id. */
  const open = new Map<number, ReportSeen>();

  const fromDevice = (type: number, flags: number, body: Buffer): void => {
    if (type !== packetTypes.publish) return;
    const { topic, payload, id } = readPublish(flags, body);
    const match = matchTopic(topic);
    if (match?.key !== 'jobLog' && match?.key !== 'jobComplete') return;
    const said = decode(match.key, payload);
    if (!said.ok) return;
    const { device, job_id: jobId } = match.params;
    const item = match.key === 'jobLog' ? match.params.item_ordem : undefined;
    const report = { device, jobId, item, token: said.value.token };
    open.set(id, report);
    events.reported?.(report);
  };
  const fromPlatform = (type: number, flags: number, body: Buffer): void => {
    if (type === packetTypes.puback) {
      const id = body.readUInt16BE(0);
      const report = open.get(id);
      open.delete(id);
      if (report) events.pubacked?.(report);
    }
    if (type !== packetTypes.publish) return;
    const { topic, payload } = readPublish(flags, body);
    const match = matchTopic(topic);
    if (match?.key !== 'jobAck') return;
    const said = decode('jobAck', payload);
    if (!said.ok) return;
    const { device, job_id: jobId } = match.params;
    events.acked?.({ device, jobId, itens: said.value.itens, complete: said.value.complete });
  };
  return { up: untilNonsense(fromDevice), down: untilNonsense(fromPlatform) };
}

function untilNonsense(read: Parameters<typeof createPacketReader>[0]): (chunk: Buffer) => void {
  let reader: ((chunk: Buffer) => void) | undefined = createPacketReader(read);
  return (chunk) => {
    try {
      reader?.(chunk);
    } catch {
      reader = undefined;
    }
  };
}
