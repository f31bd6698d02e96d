import { createApprovalRules } from './approval-rules.ts';
import { auditStore, auditWriter } from './audit.ts';
import { createCommands } from './commands.ts';
import { createCounter } from './counter.ts';
import type { Database } from './database.ts';
import { createDeviceLimits } from './device-limits.ts';
import { devicesStore } from './devices.ts';
import { entriesGrouped } from './entries.ts';
import { createEstoque } from './estoque.ts';
import { createFleet } from './fleet.ts';
import { createFrascos } from './frascos.ts';
import { createHistory } from './history.ts';
import { idempotencyStore } from './idempotency.ts';
import { identityStore } from './identity.ts';
import { invitesStore } from './invites.ts';
import { createJobRows } from './job-rows.ts';
import { handshakeStore } from './jobs.ts';
import { createLedger } from './ledger.ts';
import { createProof, type Installation } from './meta.ts';
import { createNotices } from './notices.ts';
import { createOrders } from './orders.ts';
import { importStore } from './org-write.ts';
import { orgsStore } from './orgs.ts';
import type { StoreParts } from './parts.ts';
import { createProjections } from './project.ts';
import { createQueue } from './queue.ts';
import { createReceitas } from './receitas.ts';
import { createRejected } from './rejected.ts';
import { createRepetitions } from './repetitions.ts';
import { retentionStore } from './retention.ts';
import { createStops } from './stops.ts';
import { createStoredEntries } from './stored-entries.ts';
import { createTemperos } from './temperos.ts';

/**
 * Everything that works on one connection, each noun's file bringing its own. `calls` may be called from any
 * thread: what they take and answer is data. `grouped` are run by whoever commits groups.
 */
export function createEngine(db: Database, { epoch }: Installation) {
  const { orm } = db;
  const ledger = createLedger(orm);
  const parts: StoreParts = { db, ledger, rows: createJobRows(orm, ledger), audit: auditWriter(orm) };
  const rejected = createRejected(orm);
  const counter = createCounter(orm);
  const devices = devicesStore(parts, rejected, counter, epoch);
  const handshake = handshakeStore(parts, rejected);
  const notices = createNotices(parts);
  const calls = {
    ...identityStore(db),
    ...invitesStore(db),
    ...orgsStore(db),
    ...importStore(db),
    ...retentionStore(db),
    ...auditStore(db),
    ...idempotencyStore(db),
    ...createTemperos(parts),
    ...createReceitas(parts),
    ...createFleet(parts),
    ...createFrascos(parts),
    ...createEstoque(parts),
    ...createCommands(parts),
    ...createOrders(parts),
    ...createRepetitions(parts),
    ...createApprovalRules(parts),
    ...createDeviceLimits(parts),
    ...notices.calls,
    ...createQueue(parts),
    ...createStops(parts),
    ...createHistory(parts),
    ...createProjections(parts),
    ...createStoredEntries(parts),
    ...devices.calls,
    ...handshake.calls,
    rejectedMessages: (org: string, limit = 100) => db.read(() => rejected.list(org, limit)),
    proveCommit: createProof(db),
    damage: db.damage,
    suspect: async (damage: string) => db.suspect(damage),
    checkpoint: db.checkpoint,
  };
  const grouped = {
    ...entriesGrouped(parts, rejected, counter),
    ...devices.grouped,
    ...handshake.grouped,
    ...notices.grouped,
  };
  return { parts, calls, grouped };
}

export type Engine = ReturnType<typeof createEngine>;
