import { and, eq, gt, inArray, isNull, lte, sql } from 'drizzle-orm';
import { type Act, actRow, auditWriter } from './audit.ts';
import type { Database } from './open.ts';
import { codes, deviceCredentials, devices, loginAttempts } from './schema/index.ts';
import { all, columns, get, p, run, type Tx, wholeRow } from './transaction.ts';

/** Failures without a delay; then 1, 2, 4 … seconds, at most 15 minutes. */
const freeAttempts = 5;
const maxDelayMs = 15 * 60 * 1_000;
/** Failures are forgotten after an hour of quiet. */
const forgetMs = 60 * 60 * 1_000;

const delayMs = (failures: number): number =>
  failures < freeAttempts ? 0 : Math.min(maxDelayMs, 1_000 * 2 ** (failures - freeAttempts));

/** Secrets of devices, one-time codes, and the count of failed logins. */
export function credentialStore(db: Database) {
  const { orm } = db;
  const writeAudit = auditWriter(orm);
  const isLive = isNull(deviceCredentials.revogado_em);
  const insertCredential = orm.insert(deviceCredentials).values(wholeRow(deviceCredentials)).prepare();
  const deviceById = orm
    .select({ device: devices.device })
    .from(devices)
    .where(and(eq(devices.org_id, p('org')), eq(devices.device, p('device')), isNull(devices.removido_em)))
    .prepare();
  const liveOf = orm
    .select({ id: deviceCredentials.id, hmac: deviceCredentials.hmac, usado_em: deviceCredentials.usado_em })
    .from(deviceCredentials)
    .innerJoin(
      devices,
      and(eq(devices.org_id, deviceCredentials.org_id), eq(devices.device, deviceCredentials.device)),
    )
    .where(
      and(
        eq(deviceCredentials.org_id, p('org')),
        eq(deviceCredentials.device, p('device')),
        isLive,
        isNull(devices.removido_em),
      ),
    )
    .prepare();
  const listOf = orm
    .select({
      id: deviceCredentials.id,
      criado_em: deviceCredentials.criado_em,
      usado_em: deviceCredentials.usado_em,
    })
    .from(deviceCredentials)
    .where(and(eq(deviceCredentials.org_id, p('org')), eq(deviceCredentials.device, p('device')), isLive))
    .orderBy(deviceCredentials.criado_em, deviceCredentials.id)
    .prepare();
  const markCredential = orm
    .update(deviceCredentials)
    .set(columns(deviceCredentials, 'usado_em'))
    .where(
      and(
        eq(deviceCredentials.org_id, p('org')),
        eq(deviceCredentials.device, p('device')),
        eq(deviceCredentials.id, p('id')),
      ),
    )
    .prepare();
  const revokeAll = orm
    .update(deviceCredentials)
    .set(columns(deviceCredentials, 'revogado_em'))
    .where(and(eq(deviceCredentials.org_id, p('org')), eq(deviceCredentials.device, p('device')), isLive))
    .prepare();
  const revokeOne = orm
    .update(deviceCredentials)
    .set(columns(deviceCredentials, 'revogado_em'))
    .where(
      and(
        eq(deviceCredentials.org_id, p('org')),
        eq(deviceCredentials.device, p('device')),
        eq(deviceCredentials.id, p('id')),
        isLive,
      ),
    )
    .prepare();

  // Whether a device has a credential shows in its state, so that state gets a new version.
  const raiseVersion = orm
    .update(devices)
    .set({ versao: sql`${devices.versao} + 1` })
    .where(and(eq(devices.org_id, p('org')), eq(devices.device, p('device'))))
    .prepare();
  function* told(org: string, device: string, act: Act, acao: string, credencial: string): Tx<void> {
    yield* run(raiseVersion, { org, device });
    yield* writeAudit(org, actRow(act, acao, `device:${device}`, { depois: { credencial } }));
  }

  const insertCode = orm.insert(codes).values(wholeRow(codes)).prepare();
  const deleteCodes = orm
    .delete(codes)
    .where(eq(codes.tipo, p('tipo')))
    .prepare();
  const dropClaims = orm
    .delete(codes)
    .where(and(eq(codes.tipo, 'claim'), eq(codes.org_id, p('org')), eq(codes.device, p('device'))))
    .prepare();
  const deleteOldCodes = orm
    .delete(codes)
    .where(lte(codes.expira_em, p('now')))
    .prepare();
  const freshCode = (tipo: 'login' | 'claim') =>
    orm
      .select()
      .from(codes)
      .where(
        and(
          eq(codes.hash, p('hash')),
          eq(codes.tipo, tipo),
          isNull(codes.usado_em),
          gt(codes.expira_em, p('now')),
        ),
      )
      .prepare();
  const loginCode = freshCode('login');
  const claimCode = freshCode('claim');
  const markCode = orm
    .update(codes)
    .set(columns(codes, 'usado_em'))
    .where(eq(codes.hash, p('hash')))
    .prepare();

  const attemptsOf = orm
    .select()
    .from(loginAttempts)
    .where(inArray(loginAttempts.chave, [p('account'), p('address')]))
    .prepare();
  const saveAttempt = orm
    .insert(loginAttempts)
    .values(wholeRow(loginAttempts))
    .onConflictDoUpdate({
      target: loginAttempts.chave,
      set: columns(loginAttempts, 'falhas', 'proxima_em', 'ultima_em'),
    })
    .prepare();
  const deleteAttempt = orm
    .delete(loginAttempts)
    .where(eq(loginAttempts.chave, p('chave')))
    .prepare();
  const deleteOldAttempts = orm
    .delete(loginAttempts)
    .where(and(lte(loginAttempts.ultima_em, p('before')), lte(loginAttempts.proxima_em, p('now'))))
    .prepare();

  function* failures(chave: string, rows: (typeof loginAttempts.$inferSelect)[], now: number): Tx<number> {
    const row = rows.find((candidate) => candidate.chave === chave);
    const falhas = (row && row.ultima_em > now - forgetMs ? row.falhas : 0) + 1;
    yield* run(saveAttempt, { chave, falhas, proxima_em: now + delayMs(falhas), ultima_em: now });
    return falhas;
  }

  return {
    /**
     * Stores a new secret of a device; with `replace`, whatever was valid before ends with it.
     *
     * @returns false when the org has no such device
     */
    issueCredential: (row: typeof deviceCredentials.$inferSelect, replace: boolean, act: Act) =>
      db.write(function* () {
        const { org_id: org, device } = row;
        if (!(yield* get(deviceById, { org, device }))) return false;
        if (replace) yield* run(revokeAll, { org, device, revogado_em: row.criado_em });
        yield* run(insertCredential, row);
        yield* told(org, device, act, 'credential.issue', row.id);
        return true;
      }),
    /** Seals that open this device now. */
    liveCredentials: (org: string, device: string) => db.read(() => all(liveOf, { org, device })),
    listCredentials: (org: string, device: string) =>
      db.read(function* () {
        if (!(yield* get(deviceById, { org, device }))) return undefined;
        return yield* all(listOf, { org, device });
      }),
    markCredentialUsed: (org: string, device: string, id: string, usado_em: number) =>
      db.write(() => run(markCredential, { org, device, id, usado_em })),
    /** @returns whether this device had such a valid credential */
    revokeCredential: (org: string, device: string, id: string, act: Act) =>
      db.write(function* () {
        if ((yield* run(revokeOne, { org, device, id, revogado_em: act.em })) === 0) return false;
        yield* told(org, device, act, 'credential.revoke', id);
        return true;
      }),

    /** Stores a one-time code; a new one for the first run, or to claim the same device, replaces the one before. */
    createCode: (row: typeof codes.$inferSelect) =>
      db.write(function* () {
        yield* run(deleteOldCodes, { now: row.criado_em });
        if (row.tipo === 'setup') yield* run(deleteCodes, { tipo: 'setup' });
        if (row.tipo === 'claim') yield* run(dropClaims, { org: row.org_id, device: row.device });
        yield* run(insertCode, row);
      }),
    /** Uses a login code up: it works once, whoever comes first. */
    useLoginCode: (hash: string, now: number) =>
      db.write(function* () {
        const code = yield* get(loginCode, { hash, now });
        if (code) yield* run(markCode, { hash, usado_em: now });
        return code;
      }),

    /** Whether a claim code may still be used. */
    isClaimOpen: async (hash: string, now: number) =>
      (await db.read(() => get(claimCode, { hash, now }))) !== undefined,
    /**
     * Uses a claim code up and stores the device's new secret in its place; what was valid before ends.
     *
     * @returns the device; undefined when the code is unknown, used, expired, or its device is gone
     */
    claimCredential: (
      hash: string,
      { id, hmac, now }: { readonly id: string; readonly hmac: string; readonly now: number },
    ) =>
      db.write(function* () {
        const code = yield* get(claimCode, { hash, now });
        if (!code || code.device === null) return undefined;
        const at = { org: code.org_id, device: code.device };
        if (!(yield* get(deviceById, at))) return undefined;
        yield* run(markCode, { hash, usado_em: now });
        yield* run(revokeAll, { ...at, revogado_em: now });
        const row = { org_id: at.org, device: at.device, id, hmac, criado_em: now };
        yield* run(insertCredential, { ...row, usado_em: null, revogado_em: null });
        yield* told(at.org, at.device, { em: now, quem: `device:${at.device}` }, 'credential.claim', id);
        return at;
      }),

    /**
     * Counts a login attempt before its password is looked at, so that a hundred at once are a hundred.
     *
     * @returns milliseconds to wait; 0 when the attempt may go on
     */
    countLoginAttempt: (account: string, address: string, now: number) =>
      db.write(function* () {
        const rows = yield* all(attemptsOf, { account, address });
        const wait = Math.max(0, ...rows.map((row) => row.proxima_em - now));
        if (wait > 0) return wait;
        yield* failures(account, rows, now);
        yield* failures(address, rows, now);
        return 0;
      }),
    /** A right password: the account starts afresh, the address gets its one attempt back. */
    forgiveLogin: (account: string, address: string, now: number) =>
      db.write(function* () {
        const rows = yield* all(attemptsOf, { account, address });
        yield* run(deleteAttempt, { chave: account });
        const row = rows.find((candidate) => candidate.chave === address);
        if (row) yield* run(saveAttempt, { ...row, falhas: Math.max(0, row.falhas - 1), proxima_em: now });
      }),
    sweepLogins: (now: number) =>
      db.write(function* () {
        yield* run(deleteOldAttempts, { now, before: now - forgetMs });
        yield* run(deleteOldCodes, { now });
      }),
  };
}
export type CredentialStore = ReturnType<typeof credentialStore>;
