import {
  type Decoded,
  decode,
  type ExecutionLogEntry,
  type Fault,
  type PayloadOf,
  type Principal,
  type TopicKey,
  type TopicMatch,
} from '@yaguts/shared';
import type { ReportOrigin } from '../store/entries.ts';
import { createAcks } from './acks.ts';
import { createAnnounce } from './announce.ts';
import type { Clearing } from './clearing.ts';
import { completeJob } from './complete-job.ts';
import type { FlowDeps } from './deps.ts';
import { knownPerson } from './external-person.ts';
import { handleBirth } from './handle-birth.ts';
import { handleCancelAnswer } from './handle-cancel-answer.ts';
import { handleCommandAnswer } from './handle-command-answer.ts';
import { handleConfigReported } from './handle-config-reported.ts';
import { handleOfferRefusal } from './handle-offer-refusal.ts';
import { handlePresence } from './handle-presence.ts';
import { handleUserRequest } from './handle-user-request.ts';
import { createHandleWord, type HandleWord } from './handle-word.ts';
import { type IngestDeps, ingestEntry } from './ingest-entry.ts';
import { startJob } from './start-job.ts';

/** What the transport hands over. */
export interface Inbound {
  readonly principal: Principal;
  readonly topic: string;
  readonly match: TopicMatch;
  readonly payload: Buffer;
}

interface InboundDeps extends IngestDeps {
  readonly clearing: Clearing;
  readonly word: HandleWord;
}

/**
 * The one door for what devices and people publish. Its promise ends after the commit of what the message
 * says; it rejects only when that could not be committed, so that the message comes again.
 */
export function createHandleInbound(deps: FlowDeps, clearing: Clearing): (message: Inbound) => Promise<void> {
  const inbound: InboundDeps = {
    ...deps,
    ack: createAcks(deps.publish),
    announce: createAnnounce(deps),
    clearing,
    word: createHandleWord(deps),
  };
  return async (message) => {
    const { principal, match, payload, topic } = message;
    if (payload.length === 0) return;
    if (match.key === 'userRequest') {
      const person = await knownPerson(deps, principal);
      if (!person) return deps.log('security_unknown_person', { topic });
      return handleUserRequest(deps, { principal: person, match, payload });
    }
    if (principal.kind !== 'device' || !isOwn(principal, match)) {
      return deps.log('security_foreign_topic', { kind: principal.kind, topic });
    }
    const { org, device } = principal;
    await handleReport(inbound, { org, device, topic, payload, at: deps.now() }, match);
  };
}

/** The broker's rights say so already; that a tenant never crosses is worth saying twice. */
function isOwn(principal: { org: string; device: string }, { params }: TopicMatch): boolean {
  return 'device' in params && params.org === principal.org && params.device === principal.device;
}

async function handleReport(deps: InboundDeps, origin: ReportOrigin, match: TopicMatch): Promise<void> {
  switch (match.key) {
    case 'jobLog':
      return entry(deps, origin, match.params);
    case 'jobComplete':
      return complete(deps, origin, match.params.job_id);
    case 'jobStart':
      return read(deps, origin, 'jobStart', (said) => startJob(deps, origin, match.params.job_id, said));
    case 'jobRejected':
      return read(deps, origin, 'jobRejected', (said) =>
        handleOfferRefusal(deps, origin, match.params.job_id, said),
      );
    case 'cancelAccepted':
    case 'cancelRejected': {
      const accepted = match.key === 'cancelAccepted';
      return read(deps, origin, match.key, ({ id }) =>
        handleCancelAnswer(deps, origin, match.params.job_id, { id, accepted }),
      );
    }
    case 'birth':
      return read(deps, origin, 'birth', (said) => handleBirth(deps, origin, said));
    case 'presence':
      return read(deps, origin, 'presence', (said) => handlePresence(deps, origin, said));
    case 'configReported':
      return read(deps, origin, 'configReported', (said) => handleConfigReported(deps, origin, said));
    case 'commandAccepted':
    case 'commandRejected': {
      const { op } = match.params;
      const accepted = match.key === 'commandAccepted';
      return read(deps, origin, match.key, (said) =>
        handleCommandAnswer(deps, origin, op, { ...said, accepted }),
      );
    }
    case 'jobProgress':
      return deps.word(origin, 'job');
    default:
      return deps.word(origin, 'device');
  }
}

async function entry(
  deps: InboundDeps,
  origin: ReportOrigin,
  at: { readonly job_id: number; readonly item_ordem: number },
): Promise<void> {
  const { org, device } = origin;
  const said = agreeing(decode('jobLog', origin.payload), at);
  if (said.ok) {
    await ingestEntry(deps, origin, said.value);
  } else {
    const { token } = await unreadable(deps, origin, said.faults, at);
    const rejected = [{ item_ordem: at.item_ordem, code: 'ilegivel' }];
    if (token !== null) {
      deps.ack({ org, device, job_id: at.job_id, token }, { itens: [at.item_ordem], rejected });
    }
  }
  deps.clearing.mark(origin.topic);
}

async function complete(deps: InboundDeps, origin: ReportOrigin, job_id: number): Promise<void> {
  const { org, device } = origin;
  const said = agreeing(decode('jobComplete', origin.payload), { job_id });
  if (said.ok) {
    const { kind } = await completeJob(deps, origin, said.value);
    if (kind === 'open') return;
  } else {
    const { token } = await unreadable(deps, origin, said.faults, { job_id });
    if (token !== null) deps.ack({ org, device, job_id, token }, { complete: true });
  }
  deps.clearing.mark(origin.topic);
}

/** A report that speaks of another job or item than its topic is as good as unreadable. */
function agreeing<T extends { job_id: number } & Partial<Pick<ExecutionLogEntry, 'item_ordem'>>>(
  said: Decoded<T>,
  at: { readonly job_id: number; readonly item_ordem?: number },
): Decoded<T> {
  if (!said.ok) return said;
  const differs = (['job_id', 'item_ordem'] as const).find(
    (name) => at[name] !== undefined && said.value[name] !== at[name],
  );
  return differs === undefined
    ? said
    : { ok: false, faults: [{ path: differs, message: 'differs from the topic' }] };
}

async function unreadable(
  deps: FlowDeps,
  origin: ReportOrigin,
  faults: readonly Fault[],
  at: { readonly job_id: number; readonly item_ordem?: number },
): Promise<{ token: string | null }> {
  const { org, device, topic } = origin;
  deps.log('message_unreadable', { org, device, topic, faults });
  return deps.store.fileUnreadable(origin, { ...at, detalhe: told(faults) });
}

/** Reads a message by its row; what cannot be read is filed for a person and otherwise ignored. */
async function read<K extends TopicKey>(
  deps: FlowDeps,
  origin: ReportOrigin,
  key: K,
  then: (said: PayloadOf<K>) => Promise<void>,
): Promise<void> {
  const said = decode(key, origin.payload);
  if (said.ok) return then(said.value);
  const { org, device, topic } = origin;
  deps.log('message_unreadable', { org, device, topic, faults: said.faults });
  await deps.store.fileMessage(origin, 'ilegivel', told(said.faults));
}

const told = (faults: readonly Fault[]): string =>
  faults.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
