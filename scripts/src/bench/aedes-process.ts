import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { answerParent, type CommonQuestions } from './child.ts';

/** Bare aedes, as it comes: no rights, no guard, no store. The ceiling of everything built on it. */
export interface AedesQuestions extends CommonQuestions {
  listen: { in: null; out: { port: number } };
}

interface BareBroker {
  handle(socket: Socket): void;
  close(done: () => void): void;
}

// The very copy that our broker runs on.
const require = createRequire(import.meta.resolve('@yaguts/broker'));
const { Aedes } = (await import(pathToFileURL(require.resolve('aedes')).href)) as {
  Aedes: { createBroker(options: object): Promise<BareBroker> };
};
const broker = await Aedes.createBroker({});
const server = createServer({ noDelay: true }, (socket) => broker.handle(socket));

answerParent(
  {
    listen: () =>
      new Promise((resolve) => {
        server.listen(0, '127.0.0.1', () => {
          const address = server.address();
          resolve({ port: typeof address === 'object' && address ? address.port : 0 });
        });
      }),
  },
  async () => {
    server.close();
    await new Promise<void>((resolve) => broker.close(resolve));
  },
);
