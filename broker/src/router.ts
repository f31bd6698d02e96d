import { TopicTree } from './topic-tree.ts';

interface Message {
  readonly topic: string;
}
type Listener = (message: never, done: () => void) => void;
type Done = (error?: Error) => void;

/** Topics whose listeners are remembered; when they are more, all are looked up anew. */
const remembered = 1_024;

/**
 * Finds who hears a message: what aedes asks of an `mq`. Its own has slots, behind which messages queue for a
 * subscriber that does not read, and walks the topic of every message; here everybody is called at once, and
 * a topic is looked up once for as long as nobody subscribes or leaves.
 */
export class Router {
  readonly #listeners = new TopicTree<Set<Listener>>();
  readonly #found = new Map<string, readonly Listener[]>();
  #isClosed = false;

  on(filter: string, listener: Listener, done?: () => void): this {
    const listeners = this.#listeners.get(filter);
    if (listeners) listeners.add(listener);
    else this.#listeners.set(filter, new Set([listener]));
    this.#found.clear();
    if (done) setImmediate(done);
    return this;
  }

  removeListener(filter: string, listener: Listener, done?: () => void): this {
    const listeners = this.#listeners.get(filter);
    if (listeners?.delete(listener) && listeners.size === 0) this.#listeners.delete(filter);
    this.#found.clear();
    if (done) setImmediate(done);
    return this;
  }

  /** Calls everybody who hears this; `done` once, when all of them are. */
  emit(message: Message, done: Done = () => {}): this {
    if (this.#isClosed) {
      done(new Error('the broker is closed'));
      return this;
    }
    const listeners = this.#listenersOf(message.topic);
    let left = listeners.length;
    if (left === 0) {
      done();
      return this;
    }
    const heard = (): void => {
      if (--left === 0) done();
    };
    for (const listener of listeners) listener(message as never, heard);
    return this;
  }

  close(done: () => void): this {
    this.#isClosed = true;
    setImmediate(done);
    return this;
  }

  #listenersOf(topic: string): readonly Listener[] {
    let found = this.#found.get(topic);
    if (found) return found;
    found = this.#listeners.matchedBy(topic).flatMap((listeners) => [...listeners]);
    if (this.#found.size >= remembered) this.#found.clear();
    this.#found.set(topic, found);
    return found;
  }
}
