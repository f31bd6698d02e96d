import { decode, type JobEvent, type JobState, topic } from '@yaguts/shared';
import mqtt from 'mqtt';

export interface WatchedJob {
  /** Resolves with the job's last snapshot. */
  readonly ended: Promise<JobState>;
  stop(): Promise<void>;
}

/**
 * Follows one job over MQTT, as anybody may who has a token.
 *
 * @param onEntry called once per frasco, in the order in which the entries were committed
 */
export async function watchJob(
  at: { url: string; org: string; user: string; token: string; jobId: number },
  onEntry: (entry: JobEvent['data']) => void,
): Promise<WatchedJob> {
  const params = { org: at.org, job_id: at.jobId };
  const client = await mqtt.connectAsync(at.url, {
    protocolVersion: 4,
    username: `u.${at.user}`,
    password: at.token,
  });
  const seen = new Set<number>();
  const ended = new Promise<JobState>((resolve) => {
    client.on('message', (name, payload) => {
      if (name === topic('jobEvents', params)) {
        const event = decode('jobEvents', payload);
        if (!event.ok || event.value.type !== 'execution_log_entry' || seen.has(event.value.seq)) return;
        seen.add(event.value.seq);
        onEntry(event.value.data);
      } else {
        const state = decode('jobState', payload);
        if (state.ok && state.value.terminado_em !== null) resolve(state.value);
      }
    });
  });
  await client.subscribeAsync([topic('jobEvents', params), topic('jobState', params)], { qos: 1 });
  return { ended, stop: () => client.endAsync() };
}
