import { parentPort, workerData } from 'node:worker_threads';
import { serveThread } from './thread-serve.ts';

/** The module that a thread of the store is started with. */
await serveThread(parentPort as NonNullable<typeof parentPort>, workerData);
