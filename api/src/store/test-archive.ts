import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How many events {@link writeArchive} puts into an archive: enough for many slices. */
export const archivedEvents = 8_000;

/**
 * Writes an unpacked archive of the org `nova`, with one frasco and many events, into a folder.
 *
 * @param saldo_mg what the frasco claims to hold; its movements sum to 0
 * @param events   how many of them
 * @returns the file
 */
export function writeArchive(dir: string, { saldo_mg = 0, events = archivedEvents } = {}): string {
  const org_id = 'nova';
  const device = {
    org_id,
    device: 'mao',
    nome: 'Mão',
    config_reportada: [],
    birth: [],
    alertas: [],
    criado_em: 1,
  };
  const rows = [
    { tabela: 'orgs', linha: { org_id, nome: 'Nova', criado_em: 1 } },
    { tabela: 'devices', linha: device },
    { tabela: 'frascos', linha: { org_id, device: 'mao', frasco: 1, saldo_mg } },
    ...Array.from({ length: events }, (_, i) => ({
      tabela: 'events',
      linha: { org_id, id: `e${i}`, n: i + 1, type: 'a:b', data: {}, ts: i },
    })),
  ];
  const head = { formato: 'yaguts-org', versao: 1, org: org_id, plataforma: '0.3.0', exportado_em: 1 };
  const body = [head, ...rows].map((line) => `${JSON.stringify(line)}\n`).join('');
  const sha256 = createHash('sha256').update(body).digest('hex');
  const file = join(dir, 'archive.ndjson');
  writeFileSync(file, `${body}${JSON.stringify({ fim: true, linhas: rows.length, sha256 })}\n`);
  return file;
}
