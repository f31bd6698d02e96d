import { encode, type JobDocument, limits, matchTopic, topic, topicFilter } from '@yaguts/shared';
import { entryOf } from './load.ts';
import { openWireClient } from './wire-client.ts';

/** A device with a running job, whose frascos are done when it is told to. */
export interface CrowdDevice {
  /** Reports the next frasco; answers its name in the counts, undefined when the job has no more. */
  pour(): { job_id: number; item_ordem: number } | undefined;
  close(): void;
}

/** Connects, is born, and starts the job that waits for it; resolves when it runs. */
export function openCrowdDevice(
  at: { port: number; org: string; device: string; password: string },
  failed: (error: Error) => void,
): Promise<CrowdDevice> {
  const { org, device } = at;
  const own = { org, device };
  return new Promise((resolve, reject) => {
    let job: JobDocument | undefined;
    let next = 1;
    const opening = openWireClient({
      ...{ port: at.port, password: at.password, clientId: `${org}.${device}`, onLost: failed },
      filters: [
        topicFilter('jobAck', own),
        topicFilter('startAccepted', own),
        topicFilter('startRejected', own),
        topicFilter('jobsNext', own),
      ],
      onMessage: (name, payload) => void opening.then((client) => receive(client, name, payload)),
    });

    function receive(client: Awaited<typeof opening>, name: string, payload: Buffer): void {
      const match = matchTopic(name);
      if (match?.key === 'startRejected') reject(new Error(`${org}.${device}: ${payload}`));
      if (match?.key === 'jobsNext' && payload.length > 0 && !job) {
        job = JSON.parse(payload.toString('utf8')) as JobDocument;
        const { job_id, seq, token } = job;
        client.publish(topic('jobStart', { ...own, job_id }), encode('jobStart', { seq, token }), false);
      }
      if (match?.key !== 'startAccepted' || !job) return;
      const running = job;
      resolve({
        pour() {
          if (next > running.itens.length) return undefined;
          const item_ordem = next++;
          const { job_id } = running;
          client.publish(topic('jobLog', { ...own, job_id, item_ordem }), entryOf(running, item_ordem), true);
          return { job_id, item_ordem };
        },
        close: client.close,
      });
    }

    opening.then((client) => {
      client.publish(topic('birth', own), encode('birth', birth), true);
      const online = { state: 'online', boot_id: birth.boot_id, session: 1 } as const;
      client.publish(topic('presence', own), encode('presence', online), true);
    }, reject);
  });
}

const birth = {
  ...{
    fw_version: 'bench',
    hw: 'bench',
    schema: 1,
    journal_id: 'bench',
    boot_id: '0001',
    hi: 0,
    epoch: null,
  },
  ...{ reset_reason: '', frascos: limits.maxFrascos, capabilities: [], active: null },
  limits: { max_itens: limits.maxItens, max_job_bytes: limits.maxJobBytes, max_step_ms: limits.maxStepMs },
};
