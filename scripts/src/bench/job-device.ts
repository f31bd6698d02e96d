import {
  encode,
  type JobAck,
  type JobDocument,
  limits,
  matchTopic,
  topic,
  topicFilter,
} from '@yaguts/shared';
import type { LoadAddress } from './entry-device.ts';
import { entryOf, type LoadDevice, type LoadEvents } from './load.ts';
import { openWireClient, type WireClient } from './wire-client.ts';

interface RunningJob {
  readonly doc: JobDocument;
  /** Items sent and not yet acked, with the time they were sent. */
  readonly sent: Map<number, number>;
  next: number;
  isComplete: boolean;
}

/** A device that takes whole jobs, with every handshake of the protocol, and pours nothing. */
export async function openJobDevice(at: LoadAddress, events: LoadEvents): Promise<LoadDevice> {
  const own = { org: at.org, device: at.device };
  let client: WireClient | undefined;
  let job: RunningJob | undefined;
  /** Offered while the last job was not wholly acked. */
  let offered: JobDocument | undefined;
  let hi = 0;
  let window = 0;

  function ask(): void {
    if (job || !offered || window === 0) return;
    const { job_id, seq, token } = offered;
    client?.publish(topic('jobStart', { ...own, job_id }), encode('jobStart', { seq, token }), false);
  }

  function sendOne(): boolean {
    if (!client || !job || job.next > job.doc.itens.length) return false;
    const { job_id } = job.doc;
    const item_ordem = job.next++;
    job.sent.set(item_ordem, performance.now());
    client.publish(topic('jobLog', { ...own, job_id, item_ordem }), entryOf(job.doc, item_ordem), true);
    return true;
  }

  function fill(): void {
    while (job && job.sent.size < window && sendOne());
  }

  function acked(running: RunningJob, ack: JobAck): void {
    for (const item of ack.itens) {
      const sentAt = running.sent.get(item);
      if (sentAt === undefined) continue;
      running.sent.delete(item);
      events.acked(performance.now() - sentAt);
    }
    if (ack.rejected?.length) events.failed(new Error(`put aside: ${JSON.stringify(ack.rejected)}`));
    if (ack.complete && running.isComplete) {
      hi = running.doc.seq;
      job = undefined;
      ask();
      return;
    }
    fill();
    const isWhole = running.sent.size === 0 && running.next > running.doc.itens.length;
    if (isWhole && !running.isComplete) complete(running);
  }

  function complete(running: RunningJob): void {
    running.isComplete = true;
    const { job_id, seq, token, itens } = running.doc;
    const account = encode('jobComplete', {
      v: 1,
      job_id,
      seq,
      token,
      itens_completados: itens.length,
      itens_falhados: 0,
      itens_cancelados: 0,
      execution_logs: [],
    });
    client?.publish(topic('jobComplete', { ...own, job_id }), account, true);
  }

  function receive(name: string, payload: Buffer): void {
    const match = matchTopic(name);
    if (!match || payload.length === 0) return;
    const said = payload.toString('utf8');
    switch (match.key) {
      case 'jobsNext': {
        const doc = JSON.parse(said) as JobDocument;
        if (doc.seq <= hi || doc.seq === job?.doc.seq || doc.seq === offered?.seq) return;
        offered = doc;
        ask();
        break;
      }
      case 'startAccepted':
        if (!offered || match.params.job_id !== offered.job_id) return;
        job = { doc: offered, sent: new Map(), next: 1, isComplete: false };
        offered = undefined;
        fill();
        break;
      case 'startRejected':
        events.failed(new Error(`${at.device}: start rejected: ${said}`));
        break;
      case 'jobAck': {
        const ack = JSON.parse(said) as JobAck;
        if (job && ack.token === job.doc.token) acked(job, ack);
      }
    }
  }

  client = await openWireClient({
    port: at.port,
    clientId: `${at.org}.${at.device}`,
    password: at.password,
    filters: [
      topicFilter('jobAck', own),
      topicFilter('startAccepted', own),
      topicFilter('startRejected', own),
      topicFilter('jobsNext', own),
    ],
    onLost: events.failed,
    onMessage: receive,
  });
  client.publish(topic('birth', own), encode('birth', birth), true);
  const online = { state: 'online', boot_id: birth.boot_id, session: 65_537 } as const;
  client.publish(topic('presence', own), encode('presence', online), true);
  return {
    sendOne,
    open(entries) {
      window = entries;
      ask();
      fill();
    },
    close: client.close,
  };
}

const birth = {
  fw_version: 'bench',
  hw: 'bench',
  schema: 1,
  journal_id: 'bench',
  boot_id: '0001',
  hi: 0,
  epoch: null,
  reset_reason: '',
  frascos: limits.maxFrascos,
  limits: { max_itens: limits.maxItens, max_job_bytes: limits.maxJobBytes, max_step_ms: limits.maxStepMs },
  capabilities: [],
  active: null,
};
