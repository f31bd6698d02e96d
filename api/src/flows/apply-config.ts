import type { FlowDeps } from './deps.ts';

/** Publishes the retained `config/desired` of a device by the database, or clears it when the device is gone. */
export async function publishConfig(
  deps: Pick<FlowDeps, 'store' | 'publish'>,
  org: string,
  device: string,
): Promise<void> {
  deps.publish('configDesired', { org, device }, (await deps.store.configDesired(org, device)) ?? null);
}
