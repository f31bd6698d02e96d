import { AppError, type ErrorCode, type Fault } from '@yaguts/shared';
import type { GroupedCall } from './grouped.ts';
import type { Installation } from './meta.ts';

/** What a thread of the store is started with. */
export interface ThreadWork {
  readonly dir: string;
  readonly migrations?: string | undefined;
  readonly now: number;
  /** Left out: this thread writes, and makes the installation's facts in a new database. */
  readonly reader?: Installation;
}

/** To a thread. */
export type Question =
  | { readonly id: number; readonly name: string; readonly args: readonly unknown[] }
  /** `after`: the times that a group had failed, as far as was known when this one was sent. */
  | { readonly id: number; readonly group: string; readonly after: number }
  | { readonly close: true };

/** From a thread: first whether it is open, then one answer per question. */
export type Answer =
  | { readonly opened: { readonly installation: Installation; readonly names: readonly string[] } }
  | { readonly refused: PackedError }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly group: string }
  | { readonly id: number; readonly error: PackedError };

/** An error as data: classes do not survive the way from thread to thread. */
export interface PackedError {
  readonly isApp: boolean;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
  readonly faults: readonly Fault[];
  readonly retryAfterS: number | undefined;
}

export function packError(thrown: unknown): PackedError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, stack } = error;
  const { code } = error as { code?: unknown };
  const app = error instanceof AppError ? error : undefined;
  return {
    isApp: app !== undefined,
    ...{ name, message, stack },
    code: typeof code === 'string' ? code : undefined,
    faults: app?.faults ?? [],
    retryAfterS: app?.retryAfterS,
  };
}

/** The error that was packed, with its code: an AppError, or an Error of the same name. */
export function unpackError({ isApp, name, message, stack, code, faults, retryAfterS }: PackedError): Error {
  const error = isApp
    ? new AppError(code as ErrorCode, message, { faults, ...(retryAfterS !== undefined && { retryAfterS }) })
    : Object.assign(new Error(message), { name, ...(code !== undefined && { code }) });
  if (stack !== undefined) error.stack = stack;
  return error;
}

type Packed = readonly [name: string, origin: object | 0, ...args: unknown[]];

/**
 * The calls of a group as one text: for many small objects that is a third of the cost of a structured clone.
 * The payload of a report, which may be any bytes, goes as Latin-1.
 */
export function packGroup(calls: readonly GroupedCall[]): string {
  return JSON.stringify(
    calls.map(({ name, args }): Packed => {
      const [first, ...rest] = args;
      if (!isReport(first)) return [name, 0, ...args];
      return [name, { ...first, payload: bufferOf(first.payload).toString('latin1') }, ...rest];
    }),
  );
}

export function unpackGroup(text: string): GroupedCall[] {
  return (JSON.parse(text) as Packed[]).map(([name, origin, ...args]) => {
    if (origin === 0) return { name, args };
    const payload = Buffer.from((origin as { payload: string }).payload, 'latin1');
    return { name, args: [{ ...origin, payload }, ...args] };
  });
}

/** What a group has answered: objects, or nothing. */
export const packAnswers = (answers: readonly unknown[]): string => JSON.stringify(answers);
export const unpackAnswers = (text: string): unknown[] =>
  (JSON.parse(text) as unknown[]).map((answer) => answer ?? undefined);

const isReport = (value: unknown): value is { readonly payload: Uint8Array } =>
  (value as { payload?: unknown } | undefined)?.payload instanceof Uint8Array;

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength);
