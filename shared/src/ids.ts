import * as v from 'valibot';
import { limits } from './limits.ts';

/** The grammar of org, device and user ids: what may become one level of a topic. */
export const idPattern = /^[a-z0-9][a-z0-9-]{0,35}$/;
/** Event types; `:` groups them, as in `task:created`. */
export const eventTypePattern = /^[a-z0-9][a-z0-9:_-]{0,35}$/;
/** The one-time code of a claim or of the first run. */
export const codePattern = /^[a-z0-9]{8,32}$/;

/** `u.ana` is a person and `claim.x` a claim: an org of that name could impersonate them at CONNECT. */
export const reservedOrgIds: readonly string[] = ['u', 'claim'];

export const Id = v.pipe(
  v.string(),
  v.regex(idPattern, 'use a–z, 0–9 and "-", at most 36, not starting with "-"'),
);
export const OrgId = v.pipe(
  Id,
  v.check((id) => !reservedOrgIds.includes(id), 'this org id is reserved'),
);
export const EventType = v.pipe(
  v.string(),
  v.regex(eventTypePattern, 'use a–z, 0–9, ":", "_" and "-", at most 36'),
);

export const JobId = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
export const Seq = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
export const ItemOrdem = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.maxItens));
export const Frasco = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.maxFrascos));
/** 64 random bits per job, in hex. */
export const Token = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/, 'must be 16 hex digits'));
/** Epoch milliseconds; every time on the wire has this form. */
export const EpochMs = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const Versao = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const Ms = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.maxStepMs));
/** Grams on the wire, milligrams (integers) inside; up to 1,000 kg so that mg stay safe integers. */
export const Gramas = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1_000_000));

const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length;

/** A text of at most `bytes` bytes in UTF-8, without control characters (they would garble a serial line). */
export const shortText = (bytes: number) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.minLength(1, 'must not be empty'),
    v.check((text) => utf8Bytes(text) <= bytes, `must fit ${bytes} bytes`),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
    v.check((text) => !/[\u0000-\u001f\u007f]/.test(text), 'must not hold control characters'),
  );

export const Nome = shortText(limits.maxNomeBytes);

/** Grams to stored milligrams, rounded to the nearest. */
export const mgFromG = (g: number): number => Math.round(g * 1_000);
/** Stored milligrams to grams. */
export const gFromMg = (mg: number): number => mg / 1_000;
