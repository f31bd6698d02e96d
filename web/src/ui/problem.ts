import { HttpProblem } from '../api/http.ts';
import { known, t } from '../i18n/t.ts';

/** What happened, what to do, in the person's language; unknown codes show the platform's own sentence. */
export function problemText(problem: HttpProblem): string {
  const base = known('erro', problem.code) ?? problem.message;
  const wait = problem.retryAfterS ? ` ${t('erro.espera', { n: Math.ceil(problem.retryAfterS) })}` : '';
  return base + wait;
}

/** What to give to whoever helps: the code, and the request's id when there is one. */
export const problemCode = (problem: HttpProblem): string =>
  problem.requestId ? `${problem.code} · ${problem.requestId.slice(0, 8)}` : problem.code;

/** Any thrown thing as a problem; what is not one is a bug and goes to the console. */
export function asProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  console.error(error);
  return new HttpProblem('internal');
}
