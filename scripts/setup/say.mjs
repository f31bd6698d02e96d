// Words for the person at the terminal, before anything is installed: plain text, no dependencies.

const isTty = process.stderr.isTTY === true;

/** One line of progress; on a terminal the running step is redrawn when it ends. */
export function step(title) {
  const began = Date.now();
  process.stderr.write(isTty ? `  … ${title}` : `  … ${title}\n`);
  return {
    done(note = '') {
      const seconds = ((Date.now() - began) / 1000).toFixed(1);
      process.stderr.write(
        `${isTty ? '\r\x1b[K' : ''}  ✓ ${title}${note ? ` (${note})` : ''} ${seconds} s\n`,
      );
    },
    failed() {
      process.stderr.write(`${isTty ? '\r\x1b[K' : ''}  ✗ ${title}\n`);
    },
  };
}

/** A fault with its remedy. Thrown, so that each command ends in one place with exit code 1. */
export class SetupError extends Error {}

/** Runs a command's main; a known fault is printed as it is, anything else with its stack. */
export async function command(main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(
      error instanceof SetupError ? `\n${error.message}\n` : `\n${error?.stack ?? error}\n`,
    );
    process.exitCode = 1;
  }
}
