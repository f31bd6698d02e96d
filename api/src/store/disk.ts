import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

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

/** @param path the database's file */
export function createDisk(path: string): DiskStore {
  const freeBytes = async (): Promise<number> => {
    const { bavail, bsize } = await statfs(dirname(path));
    return bavail * bsize;
  };
  const sizeOf = (name: string): Promise<number> =>
    stat(name).then(
      ({ size }) => size,
      () => 0,
    );
  return {
    freeBytes,
    async storage() {
      const [free, databaseBytes, walBytes] = await Promise.all([
        freeBytes(),
        sizeOf(path),
        sizeOf(`${path}-wal`),
      ]);
      return { freeBytes: free, databaseBytes, walBytes };
    },
  };
}
