import type { Check } from './check.ts';
import { messageChecks } from './messages.ts';
import { sessionChecks } from './sessions.ts';
import { subscriptionChecks } from './subscriptions.ts';
import { willChecks } from './wills.ts';

export type { BrokerName, Check, Deviation } from './check.ts';
export { Stage } from './stage.ts';

/** The behaviour of MQTT 3.1.1 that the contract relies on, as a client sees it. */
export const checks: readonly Check[] = [
  ...sessionChecks,
  ...messageChecks,
  ...subscriptionChecks,
  ...willChecks,
];
