export * from './jobs.ts';
export * from './kitchen.ts';
export * from './session.ts';
