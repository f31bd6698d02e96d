export * from './jobs.ts';
export * from './kitchen.ts';
export * from './orgs.ts';
export * from './people.ts';
export * from './rate-limits.ts';
export * from './retention.ts';
export * from './session.ts';
