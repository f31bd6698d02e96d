import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout; this file runs from scripts/src in tests and from scripts/dist otherwise. */
export const root: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
