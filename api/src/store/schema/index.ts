export * from './devices.ts';
export * from './identity.ts';
export * from './jobs.ts';
export * from './kitchen.ts';
export * from './notices.ts';
export * from './orgs.ts';
