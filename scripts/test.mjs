// npm test: everything, from a fresh clone. Arguments go to vitest, and then only vitest runs (npm test -- rights).

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ensureTestPackages, findProgram } from './setup/packages.mjs';
import { prepare } from './setup/prepare.mjs';
import { root, run } from './setup/run.mjs';
import { command } from './setup/say.mjs';

await command(async (argv) => {
  await prepare();
  const leftOut = await ensureTestPackages();
  const results = [await runVitest(argv)];
  if (argv.length === 0) results.push(await runFirmware());
  for (const need of leftOut)
    process.stdout.write(
      `NOT RUN: ${need.why} (YAGUTS_E2E=skip, and ${need.debian.join(', ')} is missing)\n`,
    );
  // Once more at the end: thousands of lines lie between a failure and the line that counts it.
  for (const failure of results.flatMap(({ failures }) => failures ?? []))
    process.stdout.write(`\nFAILED  ${failure}\n`);
  const sum = (field) => results.reduce((total, result) => total + result[field], 0);
  const skipped = sum('skipped');
  process.stdout.write(
    `\n${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
  );
  if (sum('failed') > 0 || results.some((result) => result.broken)) process.exitCode = 1;
});

/** All vitest projects, with coverage when nothing was selected. */
async function runVitest(argv) {
  const folder = mkdtempSync(join(tmpdir(), 'yaguts-test-'));
  const report = join(folder, 'vitest.json');
  const cli = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const coverage = argv.length === 0 ? ['--coverage'] : [];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await run(process.execPath, [cli, 'run', ...coverage, ...reporters, ...argv], {
    show: true,
  });
  const json = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  rmSync(folder, { recursive: true, force: true });
  const failed = json?.numFailedTests ?? 0;
  const failures = failuresOf(json?.testResults ?? []);
  if (code !== 0 && failures.length === 0) failures.push('vitest itself, or a coverage threshold: see above');
  return {
    failures,
    passed: json?.numPassedTests ?? 0,
    // A suite that fails to load, or coverage below its threshold, fails the run without a failed test.
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: (json?.numPendingTests ?? 0) + (json?.numTodoTests ?? 0),
  };
}

/** `file > title`, with the beginning of what it said, of every failed test and of every file that did not load. */
function failuresOf(files) {
  const ours = (line) =>
    !/^ +at .*(node:|node_modules)/.test(line) && !line.includes('new Promise (<anonymous>)');
  const beginning = (text) =>
    (text ?? '').replaceAll(`${root}/`, '').split('\n').filter(ours).slice(0, 25).join('\n');
  return files.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.filter((one) => one.status === 'failed');
    if (status === 'failed' && failed.length === 0) return [`${file}\n${beginning(message)}`];
    return failed.map((one) => `${file} > ${one.fullName}\n${beginning(one.failureMessages[0])}`);
  });
}

/** The firmware's own tests; without a C++ compiler they are named as not run, in CI that is a failure. */
async function runFirmware() {
  if (!findProgram('g++', 'clang++') || !findProgram('make')) {
    process.stdout.write("NOT RUN: the firmware's tests (no C++ compiler or make here)\n");
    return { passed: 0, failed: process.env.CI ? 1 : 0, skipped: 0 };
  }
  process.stdout.write('\nFirmware, on the host\n');
  const { code, output } = await run('make', ['-C', 'firmware/sim', '--no-print-directory', 'test'], {
    tee: true,
  });
  let passed = 0;
  let failed = 0;
  // A line per suite; "firmware core" sums up those of the core, so it would count them twice.
  for (const [, suite, p, f] of output.matchAll(/^(.+): (\d+) passed, (\d+) failed$/gm)) {
    if (suite === 'firmware core') continue;
    passed += Number(p);
    failed += Number(f);
  }
  const failures = code === 0 ? [] : [`firmware\n${output.trimEnd().split('\n').slice(-25).join('\n')}`];
  return { failures, passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped: 0 };
}
