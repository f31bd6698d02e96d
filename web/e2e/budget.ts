import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

/** One budget of web.md beside what the build weighs; bytes are brotli. */
export interface BudgetRow {
  readonly what: string;
  readonly bytes: number;
  readonly aim: number;
  readonly limit: number;
  readonly isOver: boolean;
}

interface Chunk {
  readonly file: string;
  readonly src?: string;
}

const kb = (n: number): number => n * 1_024;

/**
 * Weighs a build by its manifest.
 *
 * @param dist folder of `vite build web`
 * @returns    a row per budget; `isOver` fails a test
 * @throws     when the build has no manifest, or holds what it must not: mqtt outside the worker, the simulator
 */
export function weigh(dist: string): readonly BudgetRow[] {
  const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8')) as Record<
    string,
    Chunk
  >;
  const chunks = Object.values(manifest);
  const sizeOf = (file: string): number => brotliCompressSync(readFileSync(join(dist, file))).length;
  const sum = (files: Iterable<string>): number =>
    [...files].reduce((total, file) => total + sizeOf(file), 0);
  const row = (what: string, bytes: number, aim: number, limit: number): BudgetRow => ({
    what,
    bytes,
    aim,
    limit,
    isOver: bytes > limit,
  });

  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  const named = [...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map((match) => match[1] ?? '');
  const first = new Set(['index.html', ...named]);
  const assets = readdirSync(join(dist, 'assets')).filter((file) => file.endsWith('.js'));
  const worker = assets.filter((file) => file.startsWith('worker-'));
  mustHold(dist, assets, worker, first);

  const pages = chunks.filter(({ src }) => src?.startsWith('src/pages/') && src.endsWith('.tsx'));
  const catalogues = chunks.filter(({ src }) => src?.startsWith('src/i18n/'));
  const other = assets
    .filter((file) => !worker.includes(file))
    .map((file) => `assets/${file}`)
    // Catalogues have a budget of their own, and nobody loads both languages.
    .filter((file) => !first.has(file) && !catalogues.some((chunk) => chunk.file === file));
  return [
    row('before first paint', sum(first), kb(25), kb(30)),
    row('worker', sum(worker.map((file) => `assets/${file}`)), kb(90), kb(90)),
    ...pages.map(({ src, file }) =>
      row(`page ${src?.slice('src/pages/'.length)}`, sizeOf(file), kb(8), kb(8)),
    ),
    ...catalogues.map(({ src, file }) =>
      row(`catalogue ${src?.slice('src/i18n/'.length)}`, sizeOf(file), kb(5), kb(5)),
    ),
    row('all other scripts', sum(other), kb(60), kb(80)),
  ];
}

function mustHold(
  dist: string,
  assets: readonly string[],
  worker: readonly string[],
  first: ReadonlySet<string>,
): void {
  if (worker.length !== 1) throw new Error(`one worker expected, found ${worker.length}`);
  if (first.size < 3) throw new Error('index.html names no script or style: not a build');
  if (first.size > 4) throw new Error(`${first.size} files before the first paint: ${[...first].join(', ')}`);
  for (const file of assets) {
    const text = readFileSync(join(dist, 'assets', file), 'utf8');
    if (
      text.includes('simulate-execution') &&
      process.env.YAGUTS_WEB_SIMULATOR !== '1' &&
      /frasco_delay_ms/.test(text)
    ) {
      throw new Error(`the simulator page is in ${file}`);
    }
    // A word that only mqtt.js carries.
    if (!worker.includes(file) && text.includes('connack timeout')) throw new Error(`mqtt is in ${file}`);
  }
}
