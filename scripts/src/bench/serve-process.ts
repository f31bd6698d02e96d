import { createLog } from '@yaguts/api';
import { compose, type RunningPlatform } from '../compose.ts';
import { benchConfig } from './bench-platform.ts';
import { answerParent, type CommonQuestions } from './child.ts';

/** A platform on a folder that is there already: what a restart is. */
export interface ServeQuestions extends CommonQuestions {
  serve: { in: { dataDir: string }; out: { origin: string; port: number } };
}

let running: RunningPlatform | undefined;

answerParent(
  {
    async serve({ dataDir }: { dataDir: string }) {
      running = await compose({ config: benchConfig(dataDir), log: createLog('error') });
      return { origin: running.origin, port: running.mqttPort ?? 0 };
    },
  },
  async () => running?.stop(),
);
