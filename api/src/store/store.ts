import { createApprovalRules } from './approval-rules.ts';
import { auditStore, auditWriter } from './audit.ts';
import { backupStore } from './backups.ts';
import { createCommands } from './commands.ts';
import { createCounter } from './counter.ts';
import { createDeviceLimits } from './device-limits.ts';
import { devicesStore } from './devices.ts';
import { createDisk } from './disk.ts';
import { entriesStore } from './entries.ts';
import { createEstoque } from './estoque.ts';
import { createFleet } from './fleet.ts';
import { createFrascos } from './frascos.ts';
import { createGroupCommit } from './group-commit.ts';
import { createHistory } from './history.ts';
import { idempotencyStore } from './idempotency.ts';
import { identityStore } from './identity.ts';
import { invitesStore } from './invites.ts';
import { createJobRows } from './job-rows.ts';
import { handshakeStore } from './jobs.ts';
import { createLedger } from './ledger.ts';
import { createProof, type Installation, readInstallation } from './meta.ts';
import { createNotices } from './notices.ts';
import { type Database, openDatabase } from './open.ts';
import { createOrders } from './orders.ts';
import { exportStore } from './org-export.ts';
import { importStore } from './org-write.ts';
import { orgsStore } from './orgs.ts';
import type { StoreParts } from './parts.ts';
import { createProjections } from './project.ts';
import { createQueue } from './queue.ts';
import { createReceitas } from './receitas.ts';
import { createRejected } from './rejected.ts';
import { retentionStore } from './retention.ts';
import { createStops } from './stops.ts';
import { createStoredEntries } from './stored-entries.ts';
import { createTemperos } from './temperos.ts';

/**
 * Opens the store of a data folder. Each noun's file brings its named transactions and queries; all are
 * asynchronous and take the org first, so that nothing outside knows which database answers.
 *
 * @throws what {@link openDatabase} throws
 */
export async function openStore(options: {
  dir: string;
  now?: () => number;
  migrations?: string;
}): Promise<Store> {
  const db = await openDatabase(options);
  try {
    return compose(db, await readInstallation(db, (options.now ?? Date.now)()));
  } catch (error) {
    await db.close();
    throw error;
  }
}

function compose(db: Database, installation: Installation) {
  const ledger = createLedger(db.orm);
  const parts: StoreParts = { db, ledger, rows: createJobRows(db.orm, ledger), audit: auditWriter(db.orm) };
  const writer = createGroupCommit(db);
  const rejected = createRejected(db.orm);
  const counter = createCounter(db.orm);
  return {
    installation,
    parts,
    ...identityStore(db),
    ...invitesStore(db),
    ...orgsStore(db),
    ...exportStore(db),
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
    ...createApprovalRules(parts),
    ...createDeviceLimits(parts),
    ...createNotices(parts, writer),
    ...createQueue(parts),
    ...createStops(parts),
    ...createHistory(parts),
    ...createDisk(parts),
    ...createProjections(parts),
    ...createStoredEntries(parts),
    ...entriesStore(parts, writer, rejected, counter),
    ...devicesStore(parts, writer, rejected, counter, installation.epoch),
    ...handshakeStore(parts, writer, rejected),
    ...backupStore(db),
    proveCommit: createProof(db),
    damage: db.damage,
    checkpoint: db.checkpoint,
    close: db.close,
  };
}

export type Store = ReturnType<typeof compose>;
