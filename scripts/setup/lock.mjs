import { readFileSync, rmSync, writeFileSync } from 'node:fs';

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Runs `work` while no other process holds `file`: two commands on one checkout must not install at once. */
export async function withLock(file, work) {
  let said = false;
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (takeOver(file)) continue;
    if (!said) process.stderr.write('  … waiting for another command that is preparing this checkout\n');
    said = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** Drops a lock whose holder is gone; true when it was dropped. */
function takeOver(file) {
  try {
    const holder = Number(readFileSync(file, 'utf8'));
    // An empty file is a lock being written at this very moment.
    if (!holder || isAlive(holder)) return false;
    rmSync(file, { force: true });
    return true;
  } catch {
    return true;
  }
}
