export type { Authenticate, ConnectAttempt } from './admission.ts';
export { createBroker } from './broker.ts';
export { type BrokerLimits, defaultLimits } from './caps.ts';
export type { Rate } from './pace.ts';
export { type Action, allows, type PublishFlags } from './rights.ts';
export type { Broker, BrokerOptions, ConnectedClient, ConnectionChange, InboundMessage } from './surface.ts';
export { upgradeServerOptions } from './websocket.ts';
