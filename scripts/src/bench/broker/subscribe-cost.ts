import { connect } from 'node:net';
import { topicFilter } from '@yaguts/shared';
import { benchOrg } from '../bench-kitchen.ts';
import { percentile } from '../figures.ts';
import { connectPacket, createPacketReader, packetTypes, subscribePacket } from '../mqtt-wire.ts';
import { startOurs } from './contenders.ts';

const org = benchOrg;
const device = 'd-1';
const user = 'bench';

/** What a dispenser and a browser tab subscribe to when they connect. */
const subscribers = {
  device: {
    clientId: `${org}.${device}`,
    filters: [
      topicFilter('jobsNext', { org, device }),
      topicFilter('startAccepted', { org, device }),
      topicFilter('startRejected', { org, device }),
      topicFilter('jobAck', { org, device }),
      topicFilter('jobCancel', { org, device }),
      topicFilter('command', { org, device }),
      topicFilter('configDesired', { org, device }),
      topicFilter('otaDesired', { org, device }),
      topicFilter('serverState', {}),
    ],
  },
  browser: {
    clientId: `u.${user}.tab`,
    filters: [
      topicFilter('serverState', {}),
      topicFilter('deviceState', { org }),
      topicFilter('jobState', { org }),
      topicFilter('estoque', { org }),
      topicFilter('orgEvent', { org }),
      topicFilter('userBadge', { org, user }),
      topicFilter('userEvent', { org, user }),
      topicFilter('userResponse', { org, user }),
    ],
  },
} as const;

export type Subscriber = keyof typeof subscribers;

/** Median from SUBSCRIBE to SUBACK, ms, by who subscribes, with so many retained messages of others. */
export async function subscribeCost(retained: number, times: number): Promise<Record<Subscriber, number>> {
  const broker = await startOurs();
  try {
    await broker.child?.ask('retain', retained);
    return {
      device: await medianMs(broker.port, subscribers.device, times),
      browser: await medianMs(broker.port, subscribers.browser, times),
    };
  } finally {
    await broker.stop();
  }
}

function medianMs(
  port: number,
  { clientId, filters }: (typeof subscribers)[Subscriber],
  times: number,
): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const took: number[] = [];
  let sentAt = 0;
  let id = 0;
  function ask(): void {
    sentAt = performance.now();
    socket.write(subscribePacket(++id, filters));
  }
  return new Promise((resolve, reject) => {
    const read = createPacketReader((type, _flags, body) => {
      if (type === packetTypes.suback) {
        if (body.subarray(2).includes(0x80)) reject(new Error(`${clientId}: a filter was refused`));
        took.push(performance.now() - sentAt);
        if (took.length === times) {
          socket.destroy();
          resolve(percentile(took, 50));
          return;
        }
      }
      if (type === packetTypes.suback || type === packetTypes.connack) ask();
    });
    socket.on('data', read);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`${clientId}: the broker closed the connection`)));
    socket.write(connectPacket({ clientId, password: '-', keepaliveS: 300 }));
  });
}
