import type { CommandIn, CommandRow } from '@yaguts/shared';
import { api } from '../api/routes.ts';
import { hear } from '../live/hear.ts';
import { watcher } from '../live/use-watch.ts';
import { session } from '../store/session.ts';

/** A motor may run for its three minutes; its answer comes after that. */
const graceMs = 8_000;

/**
 * Sends a command and waits for the device's own answer, heard live where the person may hear it; then reads
 * the stored row, which is the truth. Without an answer the row is read at the end of the wait.
 *
 * @returns the command with its outcome: aceito, recusado, expirado, or still enviado
 * @throws HttpProblem when the platform does not take it
 */
export async function followCommand(device: string, body: CommandIn): Promise<CommandRow> {
  const root = `yaguts/v1/${session.value?.org}/devices/${device}/cmd/${body.op}`;
  const watch = watcher.peek()?.open({ filters: [`${root}/accepted`, `${root}/rejected`] });
  const stops: (() => void)[] = [];
  try {
    const answers = new Set<string>();
    let wake: () => void = () => {};
    for (const key of ['commandAccepted', 'commandRejected'] as const) {
      stops.push(
        hear(key, (at, answer) => {
          if (at.device === device && answer) answers.add(answer.id);
          wake();
        }),
      );
    }
    const sent = await api.command(device, body);
    const most =
      (body.ms ?? (body.on_ms ?? 0) * (body.cycles ?? 1)) + (body.off_ms ?? 0) * (body.cycles ?? 1) + graceMs;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, most);
      wake = () => {
        if (!answers.has(sent.id)) return;
        clearTimeout(timer);
        resolve();
      };
      wake();
    });
    return (await api.commands(device)).find((row) => row.id === sent.id) ?? sent;
  } finally {
    for (const stop of stops) stop();
    watch?.close();
  }
}
