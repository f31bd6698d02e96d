import type { JobState } from '@yaguts/shared';
import { topicFilter } from '@yaguts/shared';
import { api } from '../api/routes.ts';
import { link, now, staleSince } from '../store/conn.ts';
import { loadDevices } from '../store/devices.ts';
import { badge, devices, estoque, itemId, jobs, poured, runningOn, server } from '../store/kitchen.ts';
import { prefs } from '../store/prefs.ts';
import { loadSession, type Session } from '../store/session.ts';
import { updateReady } from '../store/update.ts';
import { LiveClient } from './client.ts';
import { dispatch } from './dispatch.ts';
import { timeDrawing } from './draw-time.ts';
import { hear } from './hear.ts';
import { JobExecutionMonitor as Monitor, type MonitorCallbacks } from './monitor.ts';
import type { FromEngine, Link, LinkInfo } from './protocol.ts';
import { tellPerson } from './tell-person.ts';
import { setTimer } from './timer.ts';
import { newWatcher, watcher } from './use-watch.ts';
import type { Watcher } from './watch.ts';

/** A loss of the connection is shown after this long: a tram through a tunnel is no news. */
const lossShownMs = 1_000;
const probeAfterHiddenMs = 25_000;
const pauseAfterHiddenMs = 5 * 60_000;
const kioskRetryMs = 5 * 60_000;

/** The engine in its Worker. */
export function workerLink(): Link {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'live' });
  return {
    post: (message) => worker.postMessage(message),
    listen: (listener) =>
      worker.addEventListener('message', (event: MessageEvent<FromEngine>) => listener(event.data)),
    close: () => worker.terminate(),
  };
}

/** Starts the live picture for the person who is logged in; once per page load. */
export function startLive(who: Session, at: Link = workerLink()): LiveClient {
  const client = new LiveClient({ org: who.org, user: who.user, link: at, token: api.mqttToken });
  const watch = watcher.peek() ?? newWatcher();
  watch.attach(client);
  fillStores(who, watch);
  followLink(client);
  followTab(client);
  client.on<Extract<FromEngine, { t: 'batch' }>>('batch', (batch) =>
    timeDrawing(
      () => dispatch(batch),
      (ms) => client.drawn(ms),
    ),
  );
  watch.open({
    filters: [
      topicFilter('serverState', {}),
      topicFilter('deviceState', { org: who.org }),
      topicFilter('orgEvent', { org: who.org }),
      topicFilter('userBadge', { org: who.org, user: who.user }),
      topicFilter('userEvent', { org: who.org, user: who.user }),
      topicFilter('userResponse', { org: who.org, user: who.user }),
    ],
    fetch: loadDevices,
  });
  watcher.value = watch;
  exposeToConsole(client, watch, who.org);
  tellPerson(who.fuso);
  void client.connect().catch(() => (link.value = { state: 'failed', attempt: 0, nextAt: null }));
  return client;
}

function fillStores(who: Session, watch: Watcher): void {
  hear('deviceState', ({ device }, body) => devices.live(device, body));
  hear('estoque', ({ device, frasco }, body) => estoque.live(`${device}/${frasco}`, body));
  // Cleared 24 h after its end: only the live copy goes, what is on screen stays.
  hear('jobState', ({ job_id }, body) => body && jobs.live(String(job_id), body));
  hear('jobEvents', ({ job_id }, event) => {
    const known = jobs.get(String(job_id)).peek()?.body;
    if (event && known && event.seq > known.evento + 1) void fetchJob(job_id);
  });
  hear('jobProgress', ({ device, job_id }, body) => {
    if (body) runningOn(device).value = { ...body, job_id, seenAt: Date.now() };
  });
  hear('jobLog', ({ job_id }, entry) => {
    if (!entry) return;
    const { status, segundos, error, seq } = entry;
    poured.value = new Map(poured.value).set(itemId(job_id, entry.item_ordem), {
      status,
      segundos,
      error,
      seq,
    });
  });
  hear('userBadge', (_, body) => {
    badge.value = body ?? { permission_pending: 0, unread: 0 };
  });
  hear('serverState', (_, body) => {
    if (!body) return;
    const before = server.value;
    server.value = body;
    if (body.version !== who.version) updateReady.value = true;
    if (before && before.epoch !== body.epoch) {
      for (const one of [devices, jobs, estoque]) one.voidVersions();
      watch.refreshAll();
    }
  });
}

async function fetchJob(id: number): Promise<void> {
  const tick = jobs.tick();
  jobs.fetched(String(id), await api.job(id), tick);
}

function followLink(client: LiveClient): void {
  let cancel: (() => void) | undefined;
  let lostAt: number | null = null;
  let wasOpen = false;
  client.on<LinkInfo>('link', (info) => {
    cancel?.();
    if (info.state === 'open') {
      link.value = info;
      staleSince.value = lostAt = null;
      if (wasOpen) void loadSession();
      wasOpen = true;
      return;
    }
    // Nothing is old yet while the first try is under way: the light says "conectando", and that is all.
    if (!wasOpen && info.state === 'connecting' && info.attempt === 0) {
      link.value = info;
      return;
    }
    lostAt ??= Date.now();
    const since = lostAt;
    const show = (): void => {
      link.value = info;
      staleSince.value = since;
    };
    if (link.value.state === 'open') cancel = setTimer(show, lossShownMs);
    else show();
    if (info.state === 'failed' && prefs.value.kiosk) setTimer(() => client.retry(), kioskRetryMs);
  });
}

function followTab(client: LiveClient): void {
  let hiddenAt = 0;
  let cancelPause: (() => void) | undefined;
  addEventListener('online', () => client.retry());
  document.addEventListener('visibilitychange', () => {
    cancelPause?.();
    if (document.hidden) {
      hiddenAt = Date.now();
      cancelPause = setTimer(() => client.pause(), pauseAfterHiddenMs);
    } else if (Date.now() - hiddenAt > probeAfterHiddenMs) client.probe();
    else client.retry();
  });
  addEventListener('yaguts:retry', () => client.retry());
  setInterval(() => {
    if (!document.hidden) now.value = Date.now();
  }, 1_000);
}

/** `yaguts.live` and `new yaguts.JobExecutionMonitor(123, { onLogEntry: console.log })` in the console. */
function exposeToConsole(client: LiveClient, watch: Watcher, org: string): void {
  class JobExecutionMonitor extends Monitor {
    constructor(jobId: number, callbacks: MonitorCallbacks = {}) {
      super(jobId, callbacks, {
        client,
        watcher: watch,
        fetchJob: api.job,
        onJobState: (id, listener: (job: JobState) => void) =>
          hear('jobState', ({ job_id }, body) => body && job_id === id && listener(body)),
        filter: (id) => topicFilter('jobState', { org, job_id: id }),
      });
    }
  }
  Object.assign(globalThis, { yaguts: { live: client, LiveClient, JobExecutionMonitor } });
}
