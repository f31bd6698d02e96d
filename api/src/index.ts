/** The api as the composition sees it: open the store, make the transport, wire the platform, serve its app. */
export { type Config, ConfigError, configTable, parseConfig, unknownSettings } from './config.ts';
export { serverSecret } from './flows/authenticate-mqtt.ts';
export type { IdentityDeps } from './flows/identity-deps.ts';
export { issueCredential } from './flows/issue-credential.ts';
export { issueLoginCode } from './flows/issue-login-code.ts';
export { openSetup, setUp } from './flows/setup.ts';
export type { Simulate } from './http/deps.ts';
export { listenError, type Served, type ServeOptions, serve } from './http/serve.ts';
export { createPasswordHasher } from './identity/password.ts';
export { createSealer, openPepper } from './identity/sealer.ts';
export { createLog, type Log } from './log.ts';
export { createPlatform, offlineWill, type Platform, type PlatformOptions } from './platform.ts';
export { Sqlite } from './store/driver.ts';
export { openStore, type Store } from './store/store.ts';
export { type Every, realTimers } from './timers.ts';
export { type ClientTransportOptions, clientTransport } from './transport/client.ts';
export { type EmbeddedBroker, embeddedTransport } from './transport/embedded.ts';
export type { InboundMessage, LiveClient, Transport } from './transport/transport.ts';
