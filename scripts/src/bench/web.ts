import { join } from 'node:path';
import { type EstoqueState, encode, type JobCreated, limits, type Receita, topic } from '@yaguts/shared';
import { demoFrascos } from '../demo/kitchen.ts';
import { root } from '../root.ts';
import { percentile, readable } from './figures.ts';
import {
  type BenchOptions,
  machine,
  type Result,
  ratioTarget,
  announceStep as step,
  type Target,
  target,
} from './result.ts';
import { measurePaint, type Paint } from './web-paint.ts';
import { openWebStage, type WebStage } from './web-stage.ts';

/** What `npm run bench -- web` writes to bench-results/. */
export interface WebResult extends Result {
  /** ms from the stop of a motor to each frame, ascending. */
  readonly motorToPixel: { readonly poured: readonly number[]; readonly saved: readonly number[] };
  /** ms from the connection's return to fresh data in a frame. */
  readonly recovery: readonly number[];
  readonly load: readonly PageLoad[];
  /** How pages come up on a slow phone. */
  readonly paint: readonly Paint[];
  readonly budget: readonly BudgetRow[];
}
interface PageLoad {
  readonly path: string;
  readonly messagesPerSecond: number;
  readonly framesPerSecond: number;
  /** The same page on the same machine without the load: the ceiling. */
  readonly idleFramesPerSecond: number;
  /** ms of each task above 50 ms. */
  readonly longTasks: readonly number[];
}
interface BudgetRow {
  readonly what: string;
  readonly bytes: number;
  readonly aim: number;
}

const messagesPerSecond = 500;
const wantedFrames = 50;
/** A screen's own pace: of these the page should keep 50 under load, on a machine that can draw them at all. */
const screenFrames = 60;
const loadSeconds = 10;
const notes = ['Needs a person: Lighthouse, performance ≥ 95 and accessibility 100; web/README.md says how'];

/**
 * The page in a real browser: bytes, motor to pixel, recovery, frames under load.
 *
 * @throws Error when the page is not built, there is no browser, or the load did not reach the page
 */
export async function measureWeb({ isQuick }: BenchOptions): Promise<WebResult> {
  const budget = await weigh();
  const stage = await openWebStage();
  try {
    step('motor to pixel');
    const motorToPixel = await measurePixels(stage, isQuick ? 1 : 6);
    step('recovery');
    const recovery = await measureRecovery(stage, isQuick ? 1 : 5);
    const load: PageLoad[] = [];
    for (const path of ['/', '/estoque']) {
      step(`${messagesPerSecond} messages a second on ${path}`);
      load.push(await measureLoad(stage, path, isQuick ? 2 : loadSeconds));
    }
    step('first paint on a slow phone');
    const paint = await measurePaint(stage, ['/entrar', '/']);
    const measured = { motorToPixel, recovery, load, paint, budget };
    return { machine: machine(), ...measured, targets: targetsOf(measured), notes };
  } finally {
    await stage.close();
  }
}

/** A step that hangs ends the run with its name instead of waiting for ever. */
async function within<T>(seconds: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${seconds} s`)), seconds * 1_000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** The budgets of web/e2e/budget.ts, which is TypeScript that Node 20 cannot load by itself. */
async function weigh(): Promise<readonly BudgetRow[]> {
  const { runnerImport } = await import('vite');
  const path = join(root, 'web', 'e2e', 'budget.ts');
  const { module } = await runnerImport<{ weigh(dist: string): readonly BudgetRow[] }>(path, {
    root,
    configFile: false,
    logLevel: 'error',
  });
  return module.weigh(join(root, 'web', 'dist'));
}

/** Jobs of 24 short items on the execution page; items whose motor stopped before the page was live do not count. */
async function measurePixels(stage: WebStage, jobs: number): Promise<WebResult['motorToPixel']> {
  const { owner, pouring } = stage.kitchen;
  const itens = Array.from({ length: limits.maxItens }, (_, i) => {
    const { tempero, g_por_s } = demoFrascos[i % 4] ?? { tempero: '', g_por_s: 0 };
    return { tempero, quantidade_g: g_por_s * 0.3 };
  });
  const { id } = await owner.call<Receita>('POST', '/api/receitas', { nome: 'Medida', itens });
  const poured: number[] = [];
  const saved: number[] = [];
  for (let n = 0; n < jobs; n++) {
    stage.stopped.clear();
    const order = { receita_id: id, multiplicador: 1, device: pouring.device };
    const { job_id } = await owner.call<JobCreated>('POST', '/api/jobs', order);
    await stage.visit(`/execucoes/${job_id}`);
    await stage.page.locator('ol.items > li').last().waitFor();
    const liveAt = Date.now();
    await within(120, `job ${job_id}`, stage.poured(job_id));
    await stage.page.getByText('feita', { exact: true }).first().waitFor();
    // The last frames may still be on their way to the probe.
    const drawn = 'Object.values(probe.ticks).every((at) => at !== null)';
    await within(60, `the frames of job ${job_id}`, stage.page.waitForFunction(drawn));
    const ticks = (await stage.page.evaluate('probe.ticks')) as Record<string, number>;
    for (const [item, at] of stage.stopped) {
      if (at <= liveAt) continue;
      const [one, two] = [ticks[`${item}/1`], ticks[`${item}/2`]];
      if (!one || !two) throw new Error(`item ${item} of job ${job_id} was poured and never shown`);
      poured.push(one - at);
      saved.push(two - at);
    }
  }
  if (poured.length === 0) throw new Error('the page was live only after every motor had stopped');
  const sorted = (samples: number[]): number[] => samples.sort((a, b) => a - b);
  return { poured: sorted(poured), saved: sorted(saved) };
}

/** Cuts the connections of people, refills a frasco meanwhile, and waits for its grams on the page. */
async function measureRecovery(stage: WebStage, rounds: number): Promise<number[]> {
  const { owner, pouring } = stage.kitchen;
  const selector = '.frasco-card p strong';
  const samples: number[] = [];
  for (let n = 0; n < rounds; n++) {
    await stage.visit('/estoque');
    const shown = await stage.page.locator(selector).first().textContent();
    await stage.page.evaluate(
      `void (globalThis.fresh = probe.freshAfter('${selector}', ${JSON.stringify(shown)}))`,
    );
    stage.running.broker?.disconnect(({ kind }) => kind === 'user');
    await owner.call('POST', '/api/estoque/movimentos', {
      ...{ tipo: 'entrada', device: pouring.device, frasco: 1, quantidade_g: 7, nota: 'bench' },
    });
    const fresh = stage.page.evaluate('globalThis.fresh');
    samples.push((await within(60, 'the recovery', fresh)) as number);
  }
  return samples;
}

/** Grams of all frascos, changing with every message, told by the api's own topics. */
async function measureLoad(stage: WebStage, path: string, seconds: number): Promise<PageLoad> {
  const { owner, org } = stage.kitchen;
  await stage.visit(path);
  const { rows } = await owner.call<{ rows: EstoqueState[] }>('GET', '/api/estoque');
  const heard = `new Promise((resolve) => yaguts.live.on('batch', ({ states }) =>
    states.some(([, payload]) => payload.includes('"saldo_g":4321.5')) && resolve(true)))`;
  await stage.page.evaluate(`void (globalThis.lastHeard = ${heard})`);
  const publish = (n: number, saldo_g: number): void => {
    const row = rows[n % rows.length] as EstoqueState;
    const { device, frasco } = row;
    const payload = encode('estoque', { ...row, saldo_g, versao: row.versao + n + 1 });
    stage.running.broker?.publish(topic('estoque', { org, device, frasco }), payload, {
      qos: 0,
      retain: false,
    });
  };
  const idle = (await stage.page.evaluate(`probe.watch(${Math.min(3, seconds)})`)) as { perSecond: number };
  const startedAt = performance.now();
  let sent = 0;
  const watched = stage.page.evaluate(`probe.watch(${seconds})`);
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1_000) * messagesPerSecond;
    for (; sent < due; sent++) publish(sent, (sent * 7) % 250);
  }, 4);
  // Stopped also when the browser is gone, or the timer would keep the process alive.
  const watching = within(seconds + 60, 'watching the frames', watched);
  const seen = await watching.finally(() => clearInterval(timer));
  const { perSecond, longTasks } = seen as { perSecond: number; longTasks: number[] };
  const rate = sent / ((performance.now() - startedAt) / 1_000);
  // The control: what was sent last is what the page heard, so the load went through the page.
  publish(sent, 4321.5);
  await within(60, 'the last message', stage.page.evaluate('globalThis.lastHeard'));
  return {
    path,
    messagesPerSecond: rate,
    framesPerSecond: perSecond,
    idleFramesPerSecond: idle.perSecond,
    longTasks,
  };
}

function targetsOf({ motorToPixel, recovery, load, paint, budget }: Omit<WebResult, keyof Result>): Target[] {
  const ms = (value: number): string => `${readable(value)} ms`;
  const { poured, saved } = motorToPixel;
  const [p95, p95Saved] = [percentile([...poured], 95), percentile([...saved], 95)];
  const slowest = Math.max(...recovery);
  return [
    target(`motor to pixel, poured, p95 of ${poured.length}`, '< 500 ms', ms(p95), p95 < 500),
    target(`motor to pixel, saved, p95 of ${saved.length}`, '< 500 ms', ms(p95Saved), p95Saved < 500),
    target(
      `recovery to fresh data, slowest of ${recovery.length}`,
      '≤ 1,000 ms',
      ms(slowest),
      slowest <= 1_000,
    ),
    ...load.flatMap((one) => {
      const { path, messagesPerSecond: rate, framesPerSecond: frames, longTasks } = one;
      const long = longTasks.filter((task) => task > 100);
      const worst = long.length > 0 ? `${long.length}, worst ${ms(Math.max(...long))}` : '0';
      const at = `at ${readable(rate)} messages/s on ${path}`;
      const idle = one.idleFramesPerSecond;
      const ceiling = `idle ${readable(idle)}`;
      return [
        target(
          `frames a second ${at}`,
          `≥ ${wantedFrames}`,
          readable(frames),
          frames >= wantedFrames,
          ceiling,
        ),
        // On a machine without a GPU, or a busy one, the page itself cannot draw 60: the share that it keeps can be judged.
        ratioTarget(`share of the idle frames kept on ${path}`, frames / idle, wantedFrames / screenFrames),
        target(`tasks above 100 ms ${at}`, '0', worst, long.length === 0),
      ];
    }),
    ...paint.flatMap(({ path, first, largest, blocked, shift }) => [
      target(`first paint of ${path} on a slow phone`, '≤ 1,200 ms', ms(first), first <= 1_200),
      target(`largest paint of ${path} on a slow phone`, '≤ 1,500 ms', ms(largest), largest <= 1_500),
      target(`blocked while ${path} comes up`, '≤ 50 ms', ms(blocked), blocked <= 50),
      target(`layout shift of ${path}`, '≤ 0.02', readable(shift), shift <= 0.02),
    ]),
    ...heaviest(budget).map(({ what, bytes, aim }) =>
      target(
        `${what}, brotli`,
        `≤ ${readable(aim / 1_024)} KB`,
        `${readable(bytes / 1_024)} KB`,
        bytes <= aim,
      ),
    ),
  ];
}

/** Of pages and of catalogues the heaviest one; every other row as it is. */
function heaviest(budget: readonly BudgetRow[]): BudgetRow[] {
  const kinds = ['page ', 'catalogue '];
  const single = budget.filter(({ what }) => !kinds.some((kind) => what.startsWith(kind)));
  return [
    ...single,
    ...kinds.flatMap((kind) => {
      const [first] = budget
        .filter(({ what }) => what.startsWith(kind))
        .toSorted((a, b) => b.bytes - a.bytes);
      return first ? [{ ...first, what: `heaviest ${first.what}` }] : [];
    }),
  ];
}
