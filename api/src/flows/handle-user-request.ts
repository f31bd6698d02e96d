import { createHash } from 'node:crypto';
import {
  AppError,
  decode,
  EventType,
  faultsOf,
  Id,
  JobId,
  JobIn,
  limits,
  type Permission,
  type Principal,
  type Problem,
  problemOf,
  type RequestOp,
  RetryIn,
  requestOps,
  type TopicMatch,
  type UserPrincipal,
} from '@yaguts/shared';
import * as v from 'valibot';
import { approveJob, rejectJob } from './approve-job.ts';
import { cancelJob } from './cancel-job.ts';
import { createJob, retryJob } from './create-job.ts';
import type { FlowDeps } from './deps.ts';
import { sendEvent } from './send-event.ts';

type Answer =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly problem: Problem };

const remark = v.optional(v.pipe(v.string(), v.trim(), v.maxLength(200)), '');
const ofJob = v.object({
  job_id: JobId,
  motivo: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(120)), ''),
  comentario: remark,
});
const retry = v.object({ job_id: JobId, ...RetryIn.entries });
const event = v.object({
  type: EventType,
  data: v.optional(v.record(v.string(), v.unknown()), {}),
  user: v.optional(Id),
});

/** One operation: who may, what it takes, what it does. The same flows as behind HTTP. */
interface Operation {
  readonly needs: Permission;
  run(deps: FlowDeps, who: UserPrincipal, body: unknown): Promise<unknown>;
}
const operation = <S extends v.GenericSchema>(
  needs: Permission,
  schema: S,
  run: (
    deps: FlowDeps,
    who: UserPrincipal & { by: UserPrincipal },
    body: v.InferOutput<S>,
  ) => Promise<unknown>,
): Operation => ({
  needs,
  run: (deps, who, body) => {
    const parsed = v.safeParse(schema, body);
    if (!parsed.success) throw new AppError('invalid', undefined, { faults: faultsOf(parsed.issues) });
    return run(deps, { ...who, by: who }, parsed.output);
  },
});

const operations: Readonly<Record<RequestOp, Operation>> = {
  'jobs.create': operation('jobs:create', JobIn, (deps, { org, by }, body) =>
    createJob(deps, { org, by, metodo: 'mqtt', body }),
  ),
  'jobs.cancel': operation('jobs:stop', ofJob, (deps, { org, by }, { job_id: jobId, motivo }) =>
    cancelJob(deps, { org, by, jobId, motivo }),
  ),
  'jobs.approve': operation('jobs:approve', ofJob, (deps, { org, by }, { job_id: jobId, comentario }) =>
    approveJob(deps, { org, by, jobId, comentario }),
  ),
  'jobs.reject': operation('jobs:approve', ofJob, (deps, { org, by }, { job_id: jobId, comentario }) =>
    rejectJob(deps, { org, by, jobId, comentario }),
  ),
  'jobs.retry': operation('jobs:create', retry, (deps, { org, by }, { job_id: jobId, itens }) =>
    retryJob(deps, { org, by, jobId, itens }),
  ),
  'events.send': operation('events:send', event, async (deps, who, body) => {
    await sendEvent(deps, who, body);
    return {};
  }),
};

/**
 * Answers a request on `users/{user}/req/{op}` on `users/{user}/res/{op}`: the main operations without HTTP,
 * for `mosquitto_pub`. `id` is the idempotency key, kept 24 h per person: the same request again is given the
 * first answer, and nothing is done twice. Requests count on the person's measure together with HTTP. What carries no readable `id` cannot be answered and is logged.
 */
export async function handleUserRequest(
  deps: FlowDeps,
  {
    principal,
    match,
    payload,
  }: { principal: Principal; match: Extract<TopicMatch, { key: 'userRequest' }>; payload: Uint8Array },
): Promise<void> {
  const { org, user, op } = match.params;
  const known = requestOps.find((name) => name === op);
  if (principal.kind !== 'user' || principal.org !== org || principal.user !== user || !known) {
    deps.log('security_foreign_topic', { kind: principal.kind, org, user, op });
    return;
  }
  const said = decode('userRequest', payload);
  if (!said.ok) {
    deps.log('request_unreadable', { org, user, op, faults: said.faults });
    return;
  }
  const { id, ...body } = said.value;
  const name = JSON.stringify([org, user, id]);
  const running = runningOf(deps.store);
  // The broker may deliver a request twice: the second waits for the first, then is given its answer.
  while (running.has(name)) await running.get(name);
  const answering = answerOnce(deps, principal, known, id, body);
  running.set(name, answering);
  const answer = await answering.finally(() => running.delete(name));
  const response = { id, ...answer } as const;
  deps.publish(
    'userResponse',
    { org, user, op: known },
    'problem' in response ? { ...response, problem: { ...response.problem } } : response,
  );
}

const runningByStore = new WeakMap<FlowDeps['store'], Map<string, Promise<Answer>>>();

/** Requests under way in this process. */
function runningOf(store: FlowDeps['store']): Map<string, Promise<Answer>> {
  const known = runningByStore.get(store) ?? new Map<string, Promise<Answer>>();
  runningByStore.set(store, known);
  return known;
}

/** @throws AppError "rate_limited" that says in words what HTTP says by `Retry-After` */
function takeTurn({ rates }: FlowDeps, { org, user }: UserPrincipal): void {
  try {
    rates.person.take(`${org}.${user}`);
  } catch (error) {
    if (!(error instanceof AppError) || error.retryAfterS === undefined) throw error;
    const retryAfterS = Math.max(1, Math.ceil(error.retryAfterS));
    throw new AppError('rate_limited', `Too many requests; try again in ${retryAfterS} s`, { retryAfterS });
  }
}

async function answerOnce(
  deps: FlowDeps,
  who: UserPrincipal,
  op: RequestOp,
  chave: string,
  body: Record<string, unknown>,
): Promise<Answer> {
  const digest = createHash('sha256').update(op).update(JSON.stringify(body)).digest('hex');
  const key = { escopo: `mqtt:u:${who.user}`, chave, digest };
  const now = deps.now();
  let claimed = false;
  try {
    takeTurn(deps, who);
    const times = { now, expiraEm: now + limits.idempotencyMs };
    const asked = { ...key, quem: who.user, semAto: op === 'events.send' };
    const stored = await deps.store.beginRequest(who.org, asked, times);
    if (stored) return JSON.parse(stored.resposta) as Answer;
    claimed = true;
    const { needs, run } = operations[op];
    if (!who.permissions.includes(needs))
      throw new AppError('forbidden', `This needs the permission ${needs}`);
    const answer: Answer = { ok: true, data: await run(deps, who, body) };
    await deps.store.finishRequest(who.org, key, { status: 200, resposta: JSON.stringify(answer) });
    return answer;
  } catch (error) {
    const problem = problemOf(error);
    if (!(error instanceof AppError)) {
      // It may have happened: the key stays taken, and a second try says so instead of doing it twice.
      deps.log('request_failed', { org: who.org, user: who.user, op, error: String(error) });
    } else if (claimed) {
      await deps.store.dropRequest(who.org, key);
    }
    return { ok: false, problem };
  }
}
