/** What the page and the live engine (in its Worker) say to each other. */

export interface Credential {
  readonly token: string;
  readonly username: string;
  /** ws: or wss: address of MQTT over WebSocket. */
  readonly url: string;
  /** On the engine's own clock, epoch ms. */
  readonly receivedAt: number;
  readonly expiresAt: number;
}

export type ToEngine =
  | { readonly t: 'start'; readonly clientId: string; readonly credential: Credential }
  | { readonly t: 'credential'; readonly credential: Credential }
  /** The token could not be had: the try counts as failed. */
  | { readonly t: 'no-credential' }
  | { readonly t: 'subscribe'; readonly id: number; readonly filters: readonly string[] }
  | { readonly t: 'unsubscribe'; readonly filters: readonly string[] }
  | { readonly t: 'publish'; readonly id: number; readonly topic: string; readonly payload: string }
  /** Try now: a tap, `online`, the tab became visible. `probe` first asks an open socket for a ping. */
  | { readonly t: 'retry' }
  | { readonly t: 'probe' }
  /** How long the page took to draw the last batch: the next states wait in proportion. */
  | { readonly t: 'drawn'; readonly ms: number }
  | { readonly t: 'pause' }
  | { readonly t: 'stop' };

/** `closed` is by intent and final; `failed` has given up until somebody says `retry`. */
export type LinkState = 'connecting' | 'open' | 'waiting' | 'failed' | 'paused' | 'closed';

export interface LinkInfo {
  readonly state: LinkState;
  /** Tries since the last success. */
  readonly attempt: number;
  /** When the next try begins, epoch ms. */
  readonly nextAt: number | null;
}

/** `payload` is UTF-8 text; empty means that a retained message was cleared. */
export type Message = readonly [topic: string, payload: string];

export type FromEngine =
  | ({ readonly t: 'state' } & LinkInfo)
  | { readonly t: 'need-credential' }
  | { readonly t: 'suback'; readonly id: number; readonly ok: boolean; readonly refused: readonly string[] }
  | { readonly t: 'puback'; readonly id: number; readonly ok: boolean }
  | {
      readonly t: 'batch';
      /** The last message of each state topic, in order of arrival. */
      readonly states: readonly Message[];
      readonly events: readonly Message[];
      /** Log lines left out because too many were waiting. */
      readonly dropped: number;
    };

/** Both ends of the wire between page and engine: a Worker's port, or a direct call where there is none. */
export interface Link {
  post(message: ToEngine): void;
  listen(listener: (message: FromEngine) => void): void;
  close(): void;
}
