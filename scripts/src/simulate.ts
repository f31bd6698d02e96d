import { parseSimulateArguments, type SimulateCommand, usage } from './simulator/arguments.ts';
import type { SerialLine } from './simulator/core/ports.ts';
import { type FirmwareFleet, planFleet, startFleet } from './simulator/firmware-fleet.ts';
import { type SimulationResult, type Simulator, startSimulator } from './simulator/simulator.ts';
import { stopOnSignals } from './stopping.ts';

/**
 * `npm run simulate`: one or many simulated dispensers until a signal, or until each has had its job (`--once`).
 * Ends with 0; 1 when it could not begin (credential refused, journal in use), 2 for wrong flags.
 *
 * @param argv arguments after the program's name
 */
export async function main(argv: readonly string[]): Promise<void> {
  let command: SimulateCommand | undefined;
  let firmware: ReturnType<typeof planFleet> | undefined;
  try {
    command = parseSimulateArguments(argv, process.env);
    if (command?.firmware) firmware = planFleet(command);
  } catch (error) {
    console.error(`simulate: ${(error as Error).message}\nAll flags: npm run simulate -- --help`);
    process.exitCode = 2;
    return;
  }
  if (!command) console.log(usage);
  else if (firmware) await runFirmware(command, firmware);
  else await run(command);
}

async function runFirmware(command: SimulateCommand, members: ReturnType<typeof planFleet>): Promise<void> {
  let fleet: FirmwareFleet | undefined;
  const end = stopOnSignals(async () => fleet?.stop());
  try {
    fleet = await startFleet(members, command, printResult);
    await fleet.done;
    await end(0);
  } catch (error) {
    console.error(`simulate: ${(error as Error).message}`);
    await end(1);
  }
}

async function run(command: SimulateCommand): Promise<void> {
  const running: Simulator[] = [];
  const end = stopOnSignals(async () => {
    await Promise.all(running.map((simulator) => simulator.stop()));
  });
  try {
    await Promise.all(
      command.devices.map(async (one) => {
        const who = `${one.org}.${one.device}`;
        const simulator = await startOne(command, one, who);
        running.push(simulator);
        const first = simulator.result();
        await simulator.connected();
        console.log(`${who} connected to ${command.url}`);
        await (command.once ? first : never);
      }),
    );
    await end(0);
  } catch (error) {
    console.error(`simulate: ${(error as Error).message}`);
    await end(1);
  }
}

function startOne(
  { devices, url, ledger, quiet, once: _once, firmware: _firmware, ...rest }: SimulateCommand,
  { org, device, password, dir }: SimulateCommand['devices'][number],
  who: string,
): Promise<Simulator> {
  const prefix = devices.length > 1 ? `${who} ` : '';
  return startSimulator({
    ...rest,
    url,
    org,
    device,
    password,
    dir,
    ledger: ledger === undefined || devices.length === 1 ? ledger : `${ledger}.${who}`,
    // A crash of a process of its own is a real one.
    onCrash: () => void process.kill(process.pid, 'SIGKILL'),
    serial: quiet ? undefined : (line) => console.log(prefix + serialText(line)),
    onProblem: ({ message, retryMs }) =>
      console.error(`${who}: ${message}; trying again in ${(retryMs / 1_000).toFixed(1)} s`),
    onResult: (result) => printResult(who, result),
  });
}

/** One line of JSON for each job that is wholly acked, whichever program played the dispenser. */
const printResult = (who: string, result: SimulationResult): void =>
  console.log(JSON.stringify({ device: who, ...result }));
const serialText = ({ tag, text }: SerialLine): string => `[${tag}] ${text}`;
const never = new Promise<never>(() => {});
