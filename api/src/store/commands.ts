import { type CommandOp, type CommandRow, limits } from '@yaguts/shared';
import { and, desc, eq, lte } from 'drizzle-orm';
import { type Act, actRow } from './audit.ts';
import type { StoreParts } from './parts.ts';
import { commands } from './schema/index.ts';
import { all, columns, get, p, run, wholeRow } from './transaction.ts';

type Row = typeof commands.$inferSelect;

/** A command as it is sent; `params` is what goes beside id and expiry, and the job it is about, if any. */
export interface NewCommand {
  readonly id: string;
  readonly device: string;
  readonly op: CommandOp;
  readonly params: Readonly<Record<string, unknown>>;
  readonly expiraEm: number;
}
export interface CommandAnswer {
  readonly id: string;
  readonly estado: 'aceito' | 'recusado';
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly ranMs?: number | undefined;
  readonly em: number;
}

export interface CommandsStore {
  insertCommand(org: string, command: NewCommand, act: Act): Promise<CommandRow>;
  /**
   * Stores a device's answer. An answer that comes after the expiry still counts: it tells what happened.
   *
   * @returns the command and its params, or undefined when it is unknown, another device's or op's, or
   *          answered already
   */
  answerCommand(
    org: string,
    device: string,
    op: string,
    answer: CommandAnswer,
  ): Promise<{ command: CommandRow; params: Readonly<Record<string, unknown>> } | undefined>;
  findCommand(org: string, id: string): Promise<(CommandRow & { params: Row['params'] }) | undefined>;
  /** Newest first. */
  listCommands(org: string, device: string): Promise<CommandRow[]>;
  /** Marks what nobody has answered in time, in every org. */
  expireCommands(now: number): Promise<{ org: string; command: CommandRow }[]>;
}

export function createCommands({ db, audit }: StoreParts): CommandsStore {
  const { orm } = db;
  const one = and(eq(commands.org_id, p('org')), eq(commands.id, p('id')));
  const answer = columns(commands, 'estado', 'code', 'message', 'ran_ms', 'respondido_em');
  const q = {
    insert: orm.insert(commands).values(wholeRow(commands)).prepare(),
    byId: orm.select().from(commands).where(one).prepare(),
    list: orm
      .select()
      .from(commands)
      .where(and(eq(commands.org_id, p('org')), eq(commands.device, p('device'))))
      .orderBy(desc(commands.criado_em), desc(commands.id))
      .limit(limits.pageRows)
      .prepare(),
    answer: orm.update(commands).set(answer).where(one).prepare(),
    due: orm
      .select()
      .from(commands)
      .where(and(eq(commands.estado, 'enviado'), lte(commands.expira_em, p('now'))))
      .prepare(),
  };

  return {
    insertCommand: (org, { id, device, op, params, expiraEm }, act) =>
      db.write(function* () {
        const row: Row = {
          ...{ org_id: org, id, device, op, params: { ...params }, estado: 'enviado', por: act.quem },
          ...{ code: null, message: null, ran_ms: null, respondido_em: null },
          ...{ criado_em: act.em, expira_em: expiraEm },
        };
        yield* run(q.insert, { ...row });
        yield* audit(org, actRow(act, `command.${op}`, `device:${device}`, { depois: { id, ...params } }));
        return commandOf(row);
      }),
    answerCommand: (org, device, op, { id, estado, code, message, ranMs, em }) =>
      db.write(function* () {
        const row = yield* get(q.byId, { org, id });
        const open = row?.estado === 'enviado' || row?.estado === 'expirado';
        if (!row || !open || row.device !== device || row.op !== op) return undefined;
        const next: Row = {
          ...row,
          ...{
            estado,
            code: code ?? null,
            message: message ?? null,
            ran_ms: ranMs ?? null,
            respondido_em: em,
          },
        };
        yield* run(q.answer, { ...next, org });
        return { command: commandOf(next), params: next.params };
      }),
    findCommand: async (org, id) => {
      const row = await db.read(() => get(q.byId, { org, id }));
      return row && { ...commandOf(row), params: row.params };
    },
    listCommands: async (org, device) => (await db.read(() => all(q.list, { org, device }))).map(commandOf),
    expireCommands: (now) =>
      db.write(function* () {
        const expired: { org: string; command: CommandRow }[] = [];
        for (const row of yield* all(q.due, { now })) {
          if (row.expira_em + runMs(row.params) + answerMs > now) continue;
          const next: Row = { ...row, estado: 'expirado' };
          yield* run(q.answer, { ...next, org: row.org_id });
          expired.push({ org: row.org_id, command: commandOf(next) });
        }
        return expired;
      }),
  };
}

/** A motor command is answered when it has run: as long as that may take, it is not overdue. */
function runMs(params: Row['params']): number {
  const number = (name: string): number => (typeof params[name] === 'number' ? (params[name] as number) : 0);
  return number('ms') + (number('on_ms') + number('off_ms')) * number('cycles');
}
/** On its way back. */
const answerMs = 5_000;

const commandOf = (row: Row): CommandRow => ({
  id: row.id,
  device: row.device,
  op: row.op as CommandOp,
  estado: row.estado,
  code: row.code,
  message: row.message,
  ran_ms: row.ran_ms,
  por: row.por,
  criado_em: row.criado_em,
  expira_em: row.expira_em,
  respondido_em: row.respondido_em,
});
