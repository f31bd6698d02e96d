import type { Link } from './link.ts';

/** A reader that has stopped reading must not hold up the stop: the rest is on disk, or comes again. */
const farewellMs = 500;

/** What was handed to `publish` and has not reached every subscriber's socket yet. */
export class UnderWay {
  #count = 0;
  readonly #waiting: (() => void)[] = [];

  begin(): void {
    this.#count++;
  }

  end(): void {
    this.#count--;
    if (this.#count === 0) for (const resume of this.#waiting.splice(0)) resume();
  }

  settled(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }
}

/**
 * Lets every message under way reach its sockets and ends these, so that the last word of the api ("offline")
 * is heard: destroying a socket drops what was not written yet. Resolves in half a second at the latest,
 * with the sockets as they are then.
 */
export async function sayFarewell(underWay: UnderWay, links: Iterable<Link>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, farewellMs);
  });
  const ended = underWay.settled().then(() => Promise.all([...links].map(({ stream }) => endOf(stream))));
  await Promise.race([ended, late]);
  clearTimeout(timer);
}

const endOf = (stream: Link['stream']): Promise<void> =>
  new Promise((resolve) => {
    // `close` as well: a stream that is destroyed meanwhile never finishes.
    stream.once('close', resolve);
    stream.end(() => resolve());
  });
