import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StoreParts } from './parts.ts';

export interface DiskStore {
  /** Bytes that may still be written beside the database. */
  freeBytes(): Promise<number>;
}

export function createDisk({ db }: StoreParts): DiskStore {
  const [{ file }] = db.orm.all<{ file: string }>('pragma database_list') as [{ file: string }];
  return {
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(dirname(file));
      return bavail * bsize;
    },
  };
}
