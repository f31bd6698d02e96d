import type { JobItemState, JobState } from '@yaguts/shared';
import type { LiveClient } from './client.ts';
import type { Watch, Watcher } from './watch.ts';

/** One frasco as it is told to {@link MonitorCallbacks.onLogEntry}. */
export type LogEntry = Pick<
  JobItemState,
  'item_ordem' | 'frasco' | 'tempero' | 'quantidade_g' | 'segundos' | 'error'
> & { readonly job_id: number; readonly status: 'done' | 'failed' };

export type Completion = Pick<
  JobState,
  'job_id' | 'status' | 'motivo' | 'itens_completados' | 'itens_falhados' | 'itens_cancelados'
>;

export interface MonitorCallbacks {
  onLogEntry?: (entry: LogEntry) => void;
  onCompletion?: (completion: Completion) => void;
  onError?: (error: unknown) => void;
  onConnectionChange?: (isConnected: boolean) => void;
}

export interface MonitorDeps {
  readonly client: LiveClient;
  readonly watcher: Watcher;
  readonly fetchJob: (id: number) => Promise<JobState>;
  /** Listens to the job's snapshots as they come. */
  readonly onJobState: (id: number, listener: (job: JobState) => void) => () => void;
  readonly filter: (id: number) => string;
}

/**
 * Follows one job: each entry and the completion are told once, in order, to late joiners too, because
 * everything comes from snapshots of the whole job and not from a stream that began before us.
 */
export class JobExecutionMonitor {
  onLogEntry: MonitorCallbacks['onLogEntry'];
  onCompletion: MonitorCallbacks['onCompletion'];
  onError: MonitorCallbacks['onError'];
  onConnectionChange: MonitorCallbacks['onConnectionChange'];
  readonly jobId: number;
  readonly #deps: MonitorDeps;
  readonly #told = new Set<number>();
  #isCompleted = false;
  #watch: Watch | undefined;
  #stops: (() => void)[] = [];

  constructor(jobId: number, callbacks: MonitorCallbacks, deps: MonitorDeps) {
    this.jobId = jobId;
    this.#deps = deps;
    this.onLogEntry = callbacks.onLogEntry;
    this.onCompletion = callbacks.onCompletion;
    this.onError = callbacks.onError;
    this.onConnectionChange = callbacks.onConnectionChange;
  }

  connect(): void {
    if (this.#watch) return;
    const { client, watcher, fetchJob, onJobState, filter } = this.#deps;
    const onLink = (): void => this.onConnectionChange?.(client.isConnected());
    client.on('connected', onLink).on('disconnected', onLink);
    this.#stops = [
      () => client.off('connected', onLink).off('disconnected', onLink),
      onJobState(this.jobId, (job) => this.#see(job)),
    ];
    this.#watch = watcher.open({
      filters: [filter(this.jobId)],
      fetch: async () => this.#see(await fetchJob(this.jobId)),
    });
    this.#stops.push(
      this.#watch.status.subscribe((status) => status.kind === 'error' && this.onError?.(status.problem)),
    );
    if (client.isConnected()) onLink();
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#watch?.close();
    this.#watch = undefined;
  }

  isConnected(): boolean {
    return this.#watch !== undefined && this.#deps.client.isConnected();
  }

  #see(job: JobState): void {
    for (const item of job.itens) {
      if (item.estado === 'pendente' || this.#told.has(item.item_ordem)) continue;
      this.#told.add(item.item_ordem);
      const { item_ordem, frasco, tempero, quantidade_g, segundos, error } = item;
      this.onLogEntry?.({
        job_id: job.job_id,
        item_ordem,
        frasco,
        tempero,
        quantidade_g,
        segundos,
        error,
        status: item.estado,
      });
    }
    if (this.#isCompleted || job.status === 'queued' || job.status === 'running') return;
    this.#isCompleted = true;
    const { job_id, status, motivo, itens_completados, itens_falhados, itens_cancelados } = job;
    this.onCompletion?.({ job_id, status, motivo, itens_completados, itens_falhados, itens_cancelados });
  }
}
