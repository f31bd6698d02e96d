export * from './jobs.ts';
export * from './kitchen.ts';
export * from './orgs.ts';
export * from './people.ts';
export * from './session.ts';
