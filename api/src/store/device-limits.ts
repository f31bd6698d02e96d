import { AppError } from '@yaguts/shared';
import { and, asc, eq, isNull } from 'drizzle-orm';
import { type Act, actRow } from './audit.ts';
import type { StoreParts } from './parts.ts';
import { deviceLimits, devices, users } from './schema/index.ts';
import { all, get, p, run, wholeRow } from './transaction.ts';

export interface DeviceLimitsStore {
  /** Devices a person is limited to; empty for one who may work with all. */
  devicesOf(org: string, user: string): Promise<string[]>;
  /** Everybody of the org who is limited, with their devices. */
  limitsOfOrg(org: string): Promise<{ user: string; device: string }[]>;
  /** @throws AppError "not_found" for a person or a device that the org does not have */
  limitDevices(org: string, user: string, ids: readonly string[], act: Act): Promise<void>;
}

/** People who may work with some devices of their org only. */
export function createDeviceLimits({ db, audit }: StoreParts): DeviceLimitsStore {
  const { orm } = db;
  const mine = and(eq(deviceLimits.org_id, p('org')), eq(deviceLimits.user_id, p('user')));
  const q = {
    list: orm
      .select({ device: deviceLimits.device })
      .from(deviceLimits)
      .where(mine)
      .orderBy(asc(deviceLimits.device))
      .prepare(),
    ofOrg: orm
      .select({ user: deviceLimits.user_id, device: deviceLimits.device })
      .from(deviceLimits)
      .where(eq(deviceLimits.org_id, p('org')))
      .prepare(),
    person: orm
      .select({ user: users.user_id })
      .from(users)
      .where(and(eq(users.org_id, p('org')), eq(users.user_id, p('user'))))
      .prepare(),
    device: orm
      .select({ device: devices.device })
      .from(devices)
      .where(and(eq(devices.org_id, p('org')), eq(devices.device, p('device')), isNull(devices.removido_em)))
      .prepare(),
    forget: orm.delete(deviceLimits).where(mine).prepare(),
    insert: orm.insert(deviceLimits).values(wholeRow(deviceLimits)).prepare(),
  };
  return {
    devicesOf: async (org, user) =>
      (await db.read(() => all(q.list, { org, user }))).map(({ device }) => device),
    limitsOfOrg: (org) => db.read(() => all(q.ofOrg, { org })),
    limitDevices: (org, user, ids, act) =>
      db.write(function* () {
        if (!(yield* get(q.person, { org, user }))) throw new AppError('not_found', `There is no ${user}`);
        const antes = (yield* all(q.list, { org, user })).map(({ device }) => device);
        yield* run(q.forget, { org, user });
        for (const device of new Set(ids)) {
          if (!(yield* get(q.device, { org, device })))
            throw new AppError('not_found', `There is no device "${device}"`);
          yield* run(q.insert, { org_id: org, user_id: user, device });
        }
        yield* audit(org, actRow(act, 'user.devices', `user:${user}`, { antes, depois: [...new Set(ids)] }));
      }),
  };
}
