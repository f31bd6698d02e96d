import type { Principal } from '@yaguts/shared';
import type { Link } from './link.ts';
import { lookUp } from './look-up.ts';
import type { Publish } from './message-rules.ts';
import { messageOf, type Report } from './report.ts';
import type { InboundMessage } from './surface.ts';

type Handler = (message: InboundMessage) => Promise<void> | void;

/** The way of a message to the api: `done` without an error is what lets its PUBACK go. */
export class Inbound {
  handler: Handler | undefined;
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  /**
   * Hands over a message that has passed the rights. The api does not hear itself.
   *
   * @param done called once: without an error when the handler has finished, with one when it failed
   */
  hand(link: Link, principal: Principal, packet: Publish, done: (failure?: Error) => void): void {
    const match = lookUp(packet.topic);
    if (!this.handler || !match || principal.kind === 'api') {
      done();
      return;
    }
    const { topic, retain } = packet;
    const payload = packet.payload as Buffer;
    let answer: Promise<void> | void;
    try {
      answer = this.handler({ principal, topic, match, payload, retain, clientId: link.clientId });
    } catch (error) {
      this.#failed(link, topic, error, done);
      return;
    }
    if (answer === undefined) {
      done();
      return;
    }
    answer.then(
      () => {
        // What aedes does with it must not become a rejection that nobody hears.
        try {
          done();
        } catch (error) {
          this.#report.failed('inbound', error);
        }
      },
      (error) => this.#failed(link, topic, error, done),
    );
  }

  #failed(link: Link, topic: string, error: unknown, done: (failure: Error) => void): void {
    this.#report.count('inbound_failures');
    this.#report.log('inbound_failed', link, { topic, error: messageOf(error) });
    done(new Error('the message was not taken'));
  }
}
