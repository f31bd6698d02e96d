import type { NoticePrefs } from '@yaguts/shared';
import { flag, foreignKey, index, int, json, mg, primaryKey, table, text } from '../columns.ts';
import { devices } from './devices.ts';
import { users } from './identity.ts';
import { orgs } from './orgs.ts';

/** What beside the person who orders makes a job wait for approval, and who may decide. No row: nothing, others. */
export const approvalRules = table('approval_rules', {
  org_id: text('org_id')
    .primaryKey()
    .references(() => orgs.org_id, { onDelete: 'cascade' }),
  /** A job of more than this waits; null for no such limit. */
  acima_mg: mg('acima_mg'),
  /** A multiplicador above this, in thousandths, waits; null for no such limit. */
  acima_milesimos: int('acima_milesimos'),
  /** A job with a tempero of one of these allergens waits. */
  alergenos: json<readonly string[]>('alergenos').notNull(),
  /** Whoever may approve may approve what they have ordered themselves. */
  proprios: flag('proprios').notNull().default(false),
});

/** Devices that a person is limited to. Nobody named: every device of the org. */
export const deviceLimits = table(
  'device_limits',
  {
    org_id: text('org_id').notNull(),
    user_id: text('user_id')
      .notNull()
      .references(() => users.user_id, { onDelete: 'cascade' }),
    device: text('device').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.user_id, t.device] }),
    foreignKey({ columns: [t.org_id, t.device], foreignColumns: [devices.org_id, devices.device] }).onDelete(
      'cascade',
    ),
  ],
);

/** Until where a person has read the events, and how they want to be told. */
export const userNotices = table(
  'user_notices',
  {
    org_id: text('org_id').notNull(),
    user_id: text('user_id')
      .primaryKey()
      .references(() => users.user_id, { onDelete: 'cascade' }),
    lido_ate: int('lido_ate').notNull().default(0),
    prefs: json<NoticePrefs>('prefs').notNull(),
  },
  (t) => [index('user_notices_org').on(t.org_id)],
);
