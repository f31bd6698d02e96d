import type { Packet } from 'mqtt-packet';
import { connect, ping } from '../bytes.ts';
import type { RawPeer } from '../raw.ts';
import type { Outcome, Row } from './row.ts';

const accepted = connect();

/**
 * Sends the bytes of a row and tells what became of the connection. A ping behind them shows that it goes on;
 * for a row that waits there is none, so that it ends when the broker's patience does.
 *
 * @throws when CONNECT is not accepted where the row is about what comes after it
 */
export async function outcomeOf(peer: RawPeer, row: Row): Promise<Outcome> {
  if (row.state === 'connected') {
    peer.send(accepted);
    const first = await peer.next();
    if (first?.cmd !== 'connack' || first.returnCode !== 0) throw new Error('CONNECT was not accepted');
  }
  // In one write: what is missing from a packet must not be taken from the next.
  peer.send(row.outcome === 'waits' ? row.bytes : Buffer.concat([row.bytes, ping]));
  const heard: Packet[] = [];
  for (;;) {
    const packet = await peer.next();
    if (packet) heard.push(packet);
    if (packet?.cmd === 'pingresp') {
      return heard.some((one) => one.cmd === 'suback' && one.granted.includes(0x80))
        ? 'filter refused'
        : 'goes on';
    }
    if (!packet) return ending(row, heard);
  }
}

function ending(row: Row, heard: readonly Packet[]): Outcome {
  const connack = heard.find(({ cmd }) => cmd === 'connack') as { returnCode?: number } | undefined;
  if (connack?.returnCode) return `refused ${connack.returnCode}` as Outcome;
  if (connack) return 'accepted, then closed';
  return row.outcome === 'waits' && heard.length === 0 ? 'waits' : 'closed';
}
