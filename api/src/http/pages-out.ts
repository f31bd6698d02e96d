import type { Context } from 'hono';
import type { Env } from './env.ts';

/**
 * Sends page after page as they are read, so that a long list is never whole in memory. When the reader goes
 * away, no further page is read.
 *
 * @param page answers rows and the cursor of the next page, null at the end
 */
export function sendPages<Row>(
  c: Context<Env>,
  file: { readonly name: string; readonly type: string; readonly head: string; readonly tail: string },
  page: (cursor: string | undefined) => Promise<{ rows: readonly Row[]; proximo: string | null }>,
  textOf: (row: Row, isFirst: boolean) => string,
): Response {
  let next: string | null | undefined;
  let isFirst = true;
  const bytes = new TextEncoder();
  const text = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes.encode(file.head)),
    async pull(controller) {
      const { rows, proximo } = await page(next ?? undefined);
      next = proximo;
      let out = '';
      for (const row of rows) {
        out += textOf(row, isFirst);
        isFirst = false;
      }
      if (next === null) out += file.tail;
      // An empty piece would not wake whoever reads.
      if (out) controller.enqueue(bytes.encode(out));
      if (next === null) controller.close();
    },
  });
  c.header('Content-Disposition', `attachment; filename="${file.name}"`);
  return c.body(text, 200, { 'Content-Type': file.type });
}
