import { connectRows } from './connect.ts';
import { flowRows } from './flow.ts';
import { headerRows } from './header.ts';
import type { Row } from './row.ts';
import { textRows } from './text.ts';

export type { Outcome, Row } from './row.ts';

/**
 * Packets nobody should send: bytes, the state they are sent in, what has to come back, and the clause of
 * MQTT 3.1.1 that says so.
 */
export const malformed: readonly Row[] = [...headerRows, ...connectRows, ...textRows, ...flowRows];
