// Brings a checkout from nothing to runnable, and does nothing when nothing changed: dependencies, the SQLite
// driver, compiled code, the web bundle. Runs before anything is installed, hence plain JavaScript.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withLock } from './lock.mjs';
import { npm, root, run } from './run.mjs';
import { SetupError, step } from './say.mjs';

const MIN_FREE_MIB = 600;

/** @throws SetupError with what to install when this Node cannot run the platform */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 14) || major >= 24;
  if (!fits) {
    throw new SetupError(
      `Node ${version} is too old for Yaguts: it needs 20.19+, 22.14+ or 24+.\nInstall Node 24 from https://nodejs.org or with your version manager (nvm install 24), then run the command again.`,
    );
  }
  return major === 20
    ? 'Node 20 has reached its end of life; it works here, Node 24 is recommended.'
    : undefined;
}

/**
 * @param {{ web?: boolean }} what  with `web`, the bundle is built as well
 * @throws SetupError saying what is missing and how to get it, per system
 */
export async function prepare({ web = true } = {}) {
  const notice = checkNode();
  await withLock(join(root, '.prepare.lock'), async () => {
    const key = installKey();
    if (!isCurrent('install', key)) {
      if (notice) process.stderr.write(`  ${notice}\n`);
      checkDisk();
      await install();
      await ensureDriver();
      stamp('install', key);
    }
    await compile();
    if (web) await buildWeb();
  });
}

function checkDisk() {
  const disk = statfsSync(root);
  const free = Math.floor((Number(disk.bavail) * Number(disk.bsize)) / 1024 / 1024);
  if (free < MIN_FREE_MIB) {
    throw new SetupError(
      `The disk has ${free} MiB free; installing needs about ${MIN_FREE_MIB} MiB. Free some space and run the command again.`,
    );
  }
}

async function install() {
  const progress = step('Installing dependencies (npm ci; the first time takes up to a minute)');
  const { code, output } = await npm(['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund']);
  if (code !== 0) {
    progress.failed();
    throw new SetupError(
      `npm ci failed:\n${tail(output)}\n\nCheck the network and the npm registry (npm ping), then run the command again.`,
    );
  }
  progress.done();
}

// The driver can end the process with a segmentation fault, so it is tried in a child.
const PROBE = `
const { createRequire } = require('node:module');
const load = createRequire(process.cwd() + '/api/package.json');
const Database = load(Number(process.versions.napi) >= 10 ? 'better-sqlite3-napi' : 'better-sqlite3');
const db = new Database(':memory:');
if (db.prepare('select 1 as one').get().one !== 1) process.exit(3);
`;

async function ensureDriver() {
  const probe = () => run(process.execPath, ['-e', PROBE]);
  if ((await probe()).code === 0) return;
  const progress = step('Compiling the SQLite driver for this Node (about a minute, once)');
  const built = await npm(['rebuild', 'better-sqlite3', '--foreground-scripts']);
  const again = await probe();
  if (again.code !== 0) {
    progress.failed();
    throw new SetupError(`${tail(built.output)}\n\n${driverRemedy()}`);
  }
  progress.done();
}

function driverRemedy() {
  const tools = {
    linux:
      'Debian, Ubuntu, Raspberry Pi OS:  sudo apt-get install -y g++ make python3\n  Fedora:  sudo dnf install -y gcc-c++ make python3\n  Alpine:  apk add g++ make python3',
    darwin: 'macOS:  xcode-select --install',
    win32:
      'Windows:  winget install Microsoft.VisualStudio.2022.BuildTools, with "Desktop development with C++"',
  };
  return `The SQLite driver has no ready binary for this Node and could not be compiled.\nEither use Node 24 (a ready binary comes with it, no compiler needed), or install a compiler:\n  ${tools[process.platform] ?? tools.linux}\nthen run the command again.`;
}

// scripts refers to every room that runs in Node; the page's types are the check's business, vite needs none.
async function compile() {
  const fresh = !existsSync(join(root, 'scripts', 'dist', '.tsbuildinfo'));
  const progress = fresh ? step('Compiling') : undefined;
  const { code, output } = await run(process.execPath, [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-b',
    'scripts',
  ]);
  if (code !== 0) {
    progress?.failed();
    throw new SetupError(`The TypeScript sources do not compile:\n${tail(output)}`);
  }
  progress?.done();
}

async function buildWeb() {
  const key = hashTree([
    'web/src',
    'web/public',
    'web/index.html',
    'web/vite.config.ts',
    'web/package.json',
    'shared/src',
    'package-lock.json',
  ]);
  if (isCurrent('web', key) && existsSync(join(root, 'web', 'dist', 'index.html'))) return;
  const progress = step('Building the web page');
  const { code, output } = await run(process.execPath, [
    join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
    'build',
    'web',
    '--logLevel',
    'warn',
  ]);
  if (code !== 0) {
    progress.failed();
    throw new SetupError(`The web page does not build:\n${tail(output)}`);
  }
  const { precompress } = await import(pathToFileURL(join(root, 'web', 'precompress.mjs')).href);
  await precompress(join(root, 'web', 'dist'));
  progress.done();
  stamp('web', key);
}

const stampFile = (name) => join(root, 'node_modules', `.yaguts-${name}`);
const isCurrent = (name, key) => existsSync(stampFile(name)) && readFileSync(stampFile(name), 'utf8') === key;
function stamp(name, key) {
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stampFile(name), key);
}

function installKey() {
  const hash = createHash('sha256');
  for (const part of [
    readFileSync(join(root, 'package-lock.json')),
    process.versions.modules,
    process.platform,
    process.arch,
  ])
    hash.update(part);
  return hash.digest('hex');
}

/** A digest of files and folders, so that only a change builds again. */
function hashTree(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const full = join(root, path);
    if (!existsSync(full)) continue;
    for (const file of filesUnder(full)) hash.update(file.slice(root.length)).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function filesUnder(path) {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch {
    return [path];
  }
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? filesUnder(join(path, entry.name)) : [join(path, entry.name)],
    );
}

const tail = (text) => text.trim().split('\n').slice(-25).join('\n');

/** Forgets what was built, so that the next command starts from the sources. */
export function forget() {
  for (const name of ['install', 'web']) rmSync(stampFile(name), { force: true });
}
