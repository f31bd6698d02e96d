import { answerParent, type CommonQuestions } from '../child.ts';
import { type AttackName, attacks, type Victim } from './attacks.ts';

/** Attacks from a process of its own: what it spends is not the broker's, nor the honest pair's. */
export interface AttackQuestions extends CommonQuestions {
  begin: { in: Victim & { readonly name: AttackName }; out: null };
  end: { in: null; out: null };
}

let end = (): void => {};
answerParent(
  {
    begin({ name, ...victim }: AttackQuestions['begin']['in']) {
      end = attacks[name](victim);
    },
    end: () => end(),
  },
  async () => end(),
);
