import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const compressible = /\.(html|js|css|svg|json|webmanifest|txt)$/;

/**
 * Writes `.br` and `.gz` beside every text file of a build, so that the platform serves bytes that are ready.
 * Files that would not get smaller stay alone.
 *
 * @param {string} dir the build's folder
 * @returns {number} how many files were written
 */
export function precompress(dir) {
  let written = 0;
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    const file = join(dir, name);
    if (!compressible.test(name) || !statSync(file).isFile()) continue;
    const bytes = readFileSync(file);
    const br = brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    });
    for (const [ending, packed] of /** @type {const} */ ([
      ['br', br],
      ['gz', gzipSync(bytes, { level: 9 })],
    ])) {
      if (packed.length >= bytes.length) continue;
      writeFileSync(`${file}.${ending}`, packed);
      written++;
    }
  }
  return written;
}
