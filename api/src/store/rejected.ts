import { createHash } from 'node:crypto';
import { and, desc, eq, sql } from 'drizzle-orm';
import type { Orm } from './open.ts';
import { rejectedMessages } from './schema/index.ts';
import { all, get, p, run, type Tx, wholeRow } from './transaction.ts';

export type RejectedMessage = typeof rejectedMessages.$inferSelect;

/** A message of an authorised device that could not be stored. */
export interface Aside {
  readonly org: string;
  readonly device: string;
  readonly topic: string;
  readonly code: string;
  readonly detalhe: string;
  readonly payload: Uint8Array;
  readonly at: number;
}

const keptBytes = 1_024;
/** A device that sends rubbish for ever fills its own share, not the disk. */
const keptPerDevice = 500;

export interface Rejected {
  /** Files one; answers how often this very message has come. */
  file(aside: Aside): Tx<number>;
  list(org: string, limit: number): Tx<RejectedMessage[]>;
}

/** Files messages for a person to look at: one row per (device, topic, content), counted. */
export function createRejected(orm: Orm): Rejected {
  const { id: _, ...row } = wholeRow(rejectedMessages);
  const ofDevice = and(eq(rejectedMessages.org_id, p('org_id')), eq(rejectedMessages.device, p('device')));
  const q = {
    file: orm
      .insert(rejectedMessages)
      .values(row)
      .onConflictDoUpdate({
        target: [
          rejectedMessages.org_id,
          rejectedMessages.device,
          rejectedMessages.topic,
          rejectedMessages.digest,
        ],
        set: {
          vezes: sql`${rejectedMessages.vezes} + 1`,
          ultima_em: sql`excluded.ultima_em`,
          code: sql`excluded.code`,
          detalhe: sql`excluded.detalhe`,
        },
      })
      .returning({ vezes: rejectedMessages.vezes })
      .prepare(),
    prune: orm
      .delete(rejectedMessages)
      .where(
        and(
          ofDevice,
          sql`${rejectedMessages.id} in (select id from rejected_messages where org_id = ${p('org_id')} and device = ${p('device')} order by ultima_em desc, id desc limit -1 offset ${p('kept')})`,
        ),
      )
      .prepare(),
    list: orm
      .select()
      .from(rejectedMessages)
      .where(eq(rejectedMessages.org_id, p('org_id')))
      .orderBy(desc(rejectedMessages.ultima_em), desc(rejectedMessages.id))
      .limit(p('limit'))
      .prepare(),
  };
  return {
    *file({ org, device, topic, code, detalhe, payload, at }) {
      const filed = yield* get(q.file, {
        org_id: org,
        device,
        topic,
        code,
        detalhe: detalhe.slice(0, 400),
        digest: createHash('sha256').update(payload).digest('hex'),
        inicio: Buffer.from(payload.subarray(0, keptBytes)),
        tamanho: payload.length,
        vezes: 1,
        primeira_em: at,
        ultima_em: at,
      });
      const vezes = filed?.vezes ?? 1;
      if (vezes === 1) yield* run(q.prune, { org_id: org, device, kept: keptPerDevice });
      return vezes;
    },
    list: (org, limit) => all(q.list, { org_id: org, limit }),
  };
}
