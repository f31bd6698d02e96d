import { type NoticePrefs, standardPrefs } from '@yaguts/shared';
import { and, desc, eq, gt, isNull, lt, max, or, sql } from 'drizzle-orm';
import { each } from './grouped.ts';
import type { StoreParts } from './parts.ts';
import { events, userNotices, users } from './schema/index.ts';
import { all, get, p, run, type Tx, wholeRow } from './transaction.ts';

/** An event as it is kept; `n` is given when it is stored. */
export type KeptEvent = typeof events.$inferSelect;
export type EventToKeep = Omit<KeptEvent, 'n'>;

/** How many unread events of each type a person has, and what they want to be told of. */
export interface UnreadOf {
  readonly user: string;
  readonly prefs: NoticePrefs;
  readonly byType: ReadonlyMap<string, number>;
}

/** Unread events are counted among the newest so many: a badge past that says nothing more. */
const countedEvents = 1_000;

export interface NoticesStore {
  /** Events of the org and those for this person alone, newest first, before number `before` when given. */
  listEvents(org: string, user: string, page: { limit: number; before?: number }): Promise<KeptEvent[]>;
  /** How many events of each type one person, or everybody who may log in, has not read. */
  unreadEvents(org: string, user?: string): Promise<UnreadOf[]>;
  /** Marks everything up to number `ate` as read; never back. @returns until where it is read now */
  readEvents(org: string, user: string, ate: number): Promise<number>;
  findNotices(org: string, user: string): Promise<{ lidoAte: number; prefs: NoticePrefs }>;
  savePrefs(org: string, user: string, prefs: NoticePrefs): Promise<void>;
  /** Deletes of each org all but the newest `most`. */
  sweepEvents(most: number): Promise<number>;
}

/** Events that were told, and what each person has read of them. */
export function createNotices({ db }: StoreParts) {
  const { orm } = db;
  const forMe = and(eq(events.org_id, p('org')), or(isNull(events.user_id), eq(events.user_id, p('user'))));
  const q = {
    head: orm
      .select({ n: max(events.n) })
      .from(events)
      .where(eq(events.org_id, p('org')))
      .prepare(),
    insert: orm.insert(events).values(wholeRow(events)).onConflictDoNothing().prepare(),
    page: orm
      .select()
      .from(events)
      .where(and(forMe, lt(events.n, p('before'))))
      .orderBy(desc(events.n))
      .limit(p('limit'))
      .prepare(),
    people: orm
      .select({ user: users.user_id, lidoAte: userNotices.lido_ate, prefs: userNotices.prefs })
      .from(users)
      .leftJoin(userNotices, eq(userNotices.user_id, users.user_id))
      .where(and(eq(users.org_id, p('org')), isNull(users.desativado_em)))
      .prepare(),
    counts: orm
      .select({ type: events.type, count: sql<number>`count(*)` })
      .from(events)
      .where(and(forMe, gt(events.n, p('after'))))
      .groupBy(events.type)
      .prepare(),
    one: orm
      .select()
      .from(userNotices)
      .where(and(eq(userNotices.org_id, p('org')), eq(userNotices.user_id, p('user'))))
      .prepare(),
    save: orm
      .insert(userNotices)
      .values(wholeRow(userNotices))
      .onConflictDoUpdate({
        target: userNotices.user_id,
        set: { lido_ate: sql`excluded.lido_ate`, prefs: sql`excluded.prefs` },
      })
      .prepare(),
    orgs: orm
      .select({ org: events.org_id, n: max(events.n) })
      .from(events)
      .groupBy(events.org_id)
      .prepare(),
    deleteMany: orm
      .delete(events)
      .where(and(eq(events.org_id, p('org')), lt(events.n, p('from'))))
      .prepare(),
  };

  function* headOf(org: string): Tx<number> {
    return (yield* get(q.head, { org }))?.n ?? 0;
  }
  function* noticesOf(org: string, user: string) {
    const row = yield* get(q.one, { org, user });
    return { lidoAte: row?.lido_ate ?? 0, prefs: row?.prefs ?? standardPrefs };
  }
  const save = (org_id: string, user_id: string, lido_ate: number, prefs: NoticePrefs) =>
    run(q.save, { org_id, user_id, lido_ate, prefs });

  function* keep(rows: readonly EventToKeep[]): Tx<void> {
    const heads = new Map<string, number>();
    for (const row of rows) {
      const n = (heads.get(row.org_id) ?? (yield* headOf(row.org_id))) + 1;
      heads.set(row.org_id, n);
      yield* run(q.insert, { ...row, n });
    }
  }

  /** With the entries of the moment: news is not worth a sync of its own. */
  const grouped = {
    /** Stores events in their order. */
    keepEvents: each(keep),
  };

  const calls: NoticesStore = {
    listEvents: (org, user, { limit, before }) =>
      db.read(() => all(q.page, { org, user, limit, before: before ?? Number.MAX_SAFE_INTEGER })),
    unreadEvents: (org, user) =>
      db.read(function* () {
        const from = (yield* headOf(org)) - countedEvents;
        const people = (yield* all(q.people, { org })).filter(
          (one) => user === undefined || one.user === user,
        );
        const unread: UnreadOf[] = [];
        for (const { user: name, lidoAte, prefs } of people) {
          const counts = yield* all(q.counts, { org, user: name, after: Math.max(from, lidoAte ?? 0) });
          const byType = new Map(counts.map(({ type, count }) => [type, count]));
          unread.push({ user: name, prefs: prefs ?? standardPrefs, byType });
        }
        return unread;
      }),
    readEvents: (org, user, ate) =>
      db.write(function* () {
        const { lidoAte, prefs } = yield* noticesOf(org, user);
        const until = Math.max(lidoAte, Math.min(ate, yield* headOf(org)));
        yield* save(org, user, until, prefs);
        return until;
      }),
    findNotices: (org, user) => db.read(() => noticesOf(org, user)),
    savePrefs: (org, user, prefs) =>
      db.write(function* () {
        const { lidoAte } = yield* noticesOf(org, user);
        yield* save(org, user, lidoAte, prefs);
      }),
    sweepEvents: (most) =>
      db.write(function* () {
        let gone = 0;
        for (const { org, n } of yield* all(q.orgs)) {
          gone += yield* run(q.deleteMany, { org, from: (n ?? 0) - most + 1 });
        }
        return gone;
      }),
  };
  return { calls, grouped };
}
