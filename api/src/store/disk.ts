import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StoreParts } from './parts.ts';

export interface Storage {
  /** Bytes that may still be written beside the database. */
  readonly freeBytes: number;
  readonly databaseBytes: number;
  /** Bytes of the write-ahead log; it shrinks at a checkpoint. */
  readonly walBytes: number;
}

export interface DiskStore {
  /** Bytes that may still be written beside the database. */
  freeBytes(): Promise<number>;
  storage(): Promise<Storage>;
}

export function createDisk({ db }: Pick<StoreParts, 'db'>): DiskStore {
  const freeBytes = async (): Promise<number> => {
    const { bavail, bsize } = await statfs(dirname(db.path));
    return bavail * bsize;
  };
  const sizeOf = (path: string): Promise<number> =>
    stat(path).then(
      ({ size }) => size,
      () => 0,
    );
  return {
    freeBytes,
    async storage() {
      const [free, databaseBytes, walBytes] = await Promise.all([
        freeBytes(),
        sizeOf(db.path),
        sizeOf(`${db.path}-wal`),
      ]);
      return { freeBytes: free, databaseBytes, walBytes };
    },
  };
}
