import { and, asc, eq, isNull } from 'drizzle-orm';
import { type Act, actRow, auditWriter } from './audit.ts';
import { installationChain } from './chain.ts';
import type { Database } from './open.ts';
import { users } from './schema/index.ts';
import { all, columns, get, p, run } from './transaction.ts';
import { isWhole } from './whole-org.ts';

/** Somebody who runs the installation. */
export interface Operator {
  readonly user_id: string;
  readonly nome: string;
  readonly org_id: string;
}

/** People who run the installation, whatever org they belong to. */
export function operatorsStore(db: Database) {
  const { orm } = db;
  const writeAudit = auditWriter(orm);
  const shown = { user_id: users.user_id, nome: users.nome, org_id: users.org_id };
  const enabled = isNull(users.desativado_em);
  const list = orm
    .select(shown)
    .from(users)
    .where(and(eq(users.plataforma, true), enabled))
    .orderBy(asc(users.user_id))
    .prepare();
  const person = orm
    .select({ ...shown, plataforma: users.plataforma })
    .from(users)
    .where(and(eq(users.user_id, p('user')), enabled, isWhole(users.org_id)))
    .prepare();
  const setFlag = orm
    .update(users)
    .set(columns(users, 'plataforma'))
    .where(eq(users.user_id, p('user')))
    .prepare();
  return {
    /** Those who are not disabled, by their id. */
    listOperators: () => db.read(() => all(list)),
    /**
     * Makes a person one who runs the installation, or takes that from them. Acts of the installation and of the
     * person's org; none when nothing changes.
     *
     * @returns `nada` for a person who is not there or disabled, `ultimo` when nobody would be left
     */
    setOperator: (user: string, plataforma: boolean, act: Act) =>
      db.write(function* () {
        const found = yield* get(person, { user });
        if (!found) return 'nada' as const;
        if (found.plataforma === plataforma) return 'feito' as const;
        if (!plataforma && (yield* all(list)).every((one) => one.user_id === user)) return 'ultimo' as const;
        yield* run(setFlag, { user, plataforma });
        const row = actRow(act, 'operator.change', `user:${user}`, {
          antes: { plataforma: found.plataforma },
          depois: { plataforma },
        });
        yield* writeAudit(installationChain, row);
        yield* writeAudit(found.org_id, row);
        return 'feito' as const;
      }),
  };
}
