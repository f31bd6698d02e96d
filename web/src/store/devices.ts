import { api } from '../api/routes.ts';
import { devices } from './kitchen.ts';

let first: Promise<void> | undefined;

/** Reads the list of devices. @throws HttpProblem */
export function loadDevices(): Promise<void> {
  const tick = devices.tick();
  const loading = api.devices().then((rows) => devices.list(rows, tick));
  first ??= loading;
  // A reading that failed is nobody's: whoever needs the devices next asks again.
  loading.catch(() => {
    if (first === loading) first = undefined;
  });
  return loading;
}

/**
 * Waits for the first list of devices, asked for by whoever needs it first. Later changes come live.
 *
 * @throws HttpProblem when this reading fails
 */
export const devicesRead = (): Promise<void> => first ?? loadDevices();
