import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlatformControl } from './controlled-platform.ts';
import { dropEntryKey } from './drop-entry-key.ts';
import { forgetIntents } from './forget-intents.ts';
import { openOutsideBroker } from './outside-broker.ts';
import { preparePowerCut } from './power-cut.ts';
import { seeded } from './random.ts';
import { openStage, type Stage, type Template } from './stage.ts';
import type { Verdict } from './verdict.ts';

/** A promise taken out on purpose. The oracle must see it, or the oracle is worth nothing. */
export interface Control {
  readonly name: string;
  /** What it must show. */
  readonly shows: 'lost' | 'doubled' | 'poured twice';
  /** Plays the same story with the promise (`isBroken` false) and without; returns the faults of that kind. */
  play(template: Template, isBroken: boolean): Promise<readonly string[] | Skipped>;
}
export interface Skipped {
  readonly skipped: string;
}

export interface ControlResult {
  readonly name: string;
  readonly shows: Control['shows'];
  /** Faults of the product in the same story: must be none. */
  readonly product: readonly string[];
  /** Faults of the control: must be some. */
  readonly control: readonly string[];
  readonly skipped: string | undefined;
  /** The product held and the control failed. */
  readonly holds: boolean;
}

/** Slow enough for a kill between the first ack and the last item, also on a busy machine: 1.6 s lie between. */
const speed = 3;
/** Four items of 1, 2, 1 and 2 g. */
const receita = 2;
const itens = 4;
/** A story that has not ended by then never will; nothing is judged by it. */
const storyMs = 60_000;

/** Where a story is played: one device, the TypeScript simulator, on a stage of its own. */
async function onStage(
  template: Template,
  play: (stage: Stage) => Promise<readonly string[] | Skipped>,
  env: NodeJS.ProcessEnv = {},
): Promise<readonly string[] | Skipped> {
  const stage = await openStage({ template, random: seeded(1), speed, env });
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the story did not come to its end')), storyMs);
    });
    return await Promise.race([play(stage), late]);
  } finally {
    clearTimeout(timer);
    await stage.close();
  }
}

const device = (template: Template): string => template.kitchen.devices[0]?.device ?? '';

/** One job on the one device. */
async function order(stage: Stage, template: Template): Promise<number> {
  const body = { receita_id: stage.kitchen.receitas[receita], multiplicador: 1, device: device(template) };
  return (await stage.api.call<{ job_id: number }>('POST', '/api/jobs', body)).job_id;
}

/** Platform and device up, a job ordered, its first item acked; the second one pours. */
async function firstAck(stage: Stage, template: Template, control?: PlatformControl): Promise<number> {
  await stage.startPlatform(control);
  stage.board(device(template), 'simulator').start();
  const jobId = await order(stage, template);
  await stage.until(() => stage.acked.size > 0);
  return jobId;
}

/** The device has sent its final account and the platform has taken note: nothing more will come. */
function finalAccount(stage: Stage): Promise<void> {
  let isSent = false;
  stage.onPuback(({ item }) => {
    if (item === undefined) isSent = true;
  });
  return stage.until(() => isSent);
}

/** The platform is killed behind its first ack, and a sound one takes over. */
async function killedAfterFirstAck(
  stage: Stage,
  template: Template,
  control?: PlatformControl,
  meanwhile: () => void = () => {},
): Promise<Verdict> {
  const jobId = await firstAck(stage, template, control);
  await stage.platform?.kill();
  meanwhile();
  await stage.startPlatform();
  await finalAccount(stage);
  return stage.judge([jobId]);
}

const acksFirst: Control = {
  name: 'ack before commit',
  shows: 'lost',
  play: (template, isBroken) =>
    onStage(template, async (stage) => {
      const { lost } = await killedAfterFirstAck(stage, template, isBroken ? 'acks-first' : undefined);
      return lost;
    }),
};

const normalSync: Control = {
  name: 'synchronous=NORMAL, power cut',
  shows: 'lost',
  async play(template, isBroken) {
    const dir = mkdtempSync(join(tmpdir(), 'yaguts-proof-power-'));
    try {
      return await onStage(template, async (stage) => {
        const cut = preparePowerCut(dir, stage.dataDir);
        if (typeof cut === 'string') return { skipped: cut };
        await stage.startPlatform(isBroken ? 'normal' : undefined, cut.env);
        stage.board(device(template), 'simulator').start();
        const jobId = await order(stage, template);
        await stage.until(() => stage.acked.size > 0);
        await stage.platform?.kill();
        cut.strike();
        stage.renewWitness();
        await stage.startPlatform();
        await finalAccount(stage);
        return (await stage.judge([jobId])).lost;
      });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

/** An entry sent twice: its ack is kept from the device, and the connection cut. */
async function sentTwice(stage: Stage, template: Template, control?: PlatformControl): Promise<Verdict> {
  let acks = 0;
  stage.onReport(() => {
    if (acks === 0) stage.proxy.isDeaf = true;
  });
  stage.onAck(({ itens }) => {
    if (itens.includes(1)) acks++;
  });
  await stage.startPlatform(control);
  stage.board(device(template), 'simulator').start();
  const jobId = await order(stage, template);
  await stage.until(() => acks === 1);
  stage.proxy.isClosed = true;
  stage.proxy.isDeaf = false;
  stage.proxy.isClosed = false;
  await stage.until(() => acks === 2);
  await finalAccount(stage);
  return stage.judge([jobId]);
}

const noKey: Control = {
  name: 'no unique key on execution_logs',
  shows: 'doubled',
  async play(template, isBroken) {
    const doubled = (control?: PlatformControl, dropsKey = false) =>
      onStage(template, async (stage) => {
        if (dropsKey) {
          stage.witness.close();
          dropEntryKey(join(stage.dataDir, 'yaguts.db'));
          stage.renewWitness();
        }
        return (await sentTwice(stage, template, control)).doubled;
      });
    if (isBroken) return doubled('naive', true);
    // The product looks before it inserts; an api that does not is still saved, by the key alone.
    return [await doubled(), await doubled('naive')].flatMap((found) => ('skipped' in found ? [] : found));
  },
};

const byStatus: Control = {
  name: 'idempotence by job status',
  shows: 'lost',
  play: (template, isBroken) =>
    onStage(template, async (stage) => {
      const jobId = await firstAck(stage, template, isBroken ? 'by-status' : undefined);
      // The device pours on without a network while somebody closes its job by force.
      stage.proxy.isClosed = true;
      await stage.api.call('POST', `/api/jobs/${jobId}/close`, { motivo: 'prova' });
      stage.proxy.isClosed = false;
      await finalAccount(stage);
      return (await stage.judge([jobId])).lost;
    }),
};

const byCount: Control = {
  name: 'resume by count',
  shows: 'poured twice',
  play: (template, isBroken) =>
    onStage(template, async (stage) => {
      const jobId = await firstAck(stage, template);
      const board = stage.board(device(template), 'simulator');
      await board.victim?.kill();
      if (isBroken) forgetIntents(board.flash);
      board.start();
      await finalAccount(stage);
      return (await stage.judge([jobId])).doublePours;
    }),
};

const onPuback: Control = {
  name: 'forget on PUBACK, external broker',
  shows: 'lost',
  async play(template, isBroken) {
    const outside = await openOutsideBroker();
    try {
      return await onStage(
        template,
        async (stage) => {
          stage.proxy.target = outside.devicePort();
          let isPubacked = false;
          stage.onPuback((report) => {
            if (report.item !== undefined) isPubacked = true;
            if (isBroken && report.item !== undefined) stage.proxy.forge = [outside.ackOf(report)];
          });
          // What a kill between reading and committing leaves: the api has the entry and never commits it.
          await stage.startPlatform('never-commits');
          stage.board(device(template), 'simulator').start();
          const jobId = await order(stage, template);
          await stage.until(() => isPubacked);
          await stage.platform?.kill();
          // The broker's memory is disposable.
          await outside.restart();
          stage.proxy.target = outside.devicePort();
          let isAccounted = false;
          stage.onReport(({ item }) => {
            if (item === undefined) isAccounted = true;
          });
          await stage.startPlatform();
          await stage.until(() => isAccounted && stage.acked.has(`${jobId}/${itens}`));
          return (await stage.judge([jobId])).lost;
        },
        outside.env,
      );
    } finally {
      await outside.close();
    }
  },
};

/** The cheapest first. */
export const controls: readonly Control[] = [byCount, byStatus, acksFirst, noKey, normalSync, onPuback];

/** Plays a control's story both ways. */
export async function runControl(control: Control, template: Template): Promise<ControlResult> {
  const { name, shows } = control;
  const broken = await control.play(template, true);
  const sound = await control.play(template, false);
  if ('skipped' in broken) {
    return { name, shows, product: [], control: [], skipped: broken.skipped, holds: false };
  }
  const product = 'skipped' in sound ? [] : sound;
  const holds = product.length === 0 && broken.length > 0;
  return { name, shows, product, control: broken, skipped: undefined, holds };
}
