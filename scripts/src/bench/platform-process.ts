import { type Commits, createBenchPlatform, type Prepared, type Wanted } from './bench-platform.ts';
import { answerParent, type CommonQuestions } from './child.ts';
import type { Verdict } from './verdict.ts';

/** The whole platform as a process of its own. */
export interface PlatformQuestions extends CommonQuestions {
  prepare: { in: Wanted; out: Prepared };
  commits: { in: null; out: Commits };
  verify: { in: null; out: Verdict };
}

const platform = createBenchPlatform();
answerParent({ prepare: platform.prepare, verify: platform.verify, commits: platform.commits }, async () => {
  await platform.stop();
  platform.remove();
});
