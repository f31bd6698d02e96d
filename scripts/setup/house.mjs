// The arrows of the house: who may import whom. A rule broken is an error with the place and the reason.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { root } from './run.mjs';

const only =
  (...allowed) =>
  (name) =>
    allowed.some((entry) => name === entry || name.startsWith(`${entry}/`));
const node = (name) => name.startsWith('node:');
const any =
  (...rules) =>
  (name) =>
    rules.some((rule) => rule(name));

/** What code in a room may import from outside itself (tests may import what they need). */
const rooms = {
  shared: only('valibot'),
  broker: any(node, only('@yaguts/shared', 'aedes', 'aedes-persistence', 'mqemitter', 'ws')),
  api: any(
    node,
    only(
      '@yaguts/shared',
      '@hono/node-server',
      '@valibot/to-json-schema',
      'better-sqlite3',
      'drizzle-orm',
      'hono',
      'hono-openapi',

      'mqtt',
      'pino',
      'prom-client',
      'swagger-ui-dist',
      'valibot',
    ),
  ),
  web: only('@yaguts/shared', 'preact', '@preact/signals', 'preact-iso', 'mqtt', 'uqr', 'valibot'),
  scripts: any(
    node,
    only('@yaguts/shared', '@yaguts/broker', '@yaguts/api', 'mqtt', 'mqtt-packet', 'valibot'),
    only('playwright-core', 'vite'),
  ),
};

/** Inside the api: each room and the rooms it may look into. */
const apiArrows = {
  domain: [],
  identity: [],
  store: ['domain'],
  flows: ['domain', 'store', 'identity'],
  transport: ['flows'],
  http: ['flows', 'store', 'domain', 'identity'],
};

/** Single files that alone know a library. */
const soleOwners = [
  { library: 'aedes', room: 'broker', files: ['src/broker.ts'] },
  // The worker for the panel; the client on its own has no page to keep fluid and takes it into its thread.
  { library: 'mqtt', room: 'web', files: ['src/live/worker.ts', 'src/client/index.ts'] },
  { library: 'drizzle-orm', room: 'api', under: 'src/store/' },
  // Development dependencies, loaded when the bench of the page runs: the platform never needs them.
  { library: 'playwright-core', room: 'scripts', files: ['src/browser.ts', 'src/bench/web-stage.ts'] },
  { library: 'vite', room: 'scripts', files: ['src/bench/web.ts'] },
];

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b(?:[^'"`;]*?\bfrom\s*)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

function* sources(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts')) yield path;
  }
}

const importsOf = (file) =>
  [...readFileSync(file, 'utf8').matchAll(importPattern)].map((match) => match[1] ?? match[2]);

/**
 * @returns {string[]} one line per broken rule; empty when the house stands
 */
export function houseFaults() {
  const faults = [];
  const graph = new Map();
  for (const [room, allowed] of Object.entries(rooms)) {
    for (const file of sources(join(root, room, 'src'))) {
      const place = relative(join(root, room), file).split(sep).join('/');
      const isTest = /\.test\.tsx?$/.test(file) || /\/test(ing)?(\/|-)/.test(place);
      const targets = [];
      for (const name of importsOf(file)) {
        if (name.startsWith('.')) {
          const target = join(dirname(file), name);
          if (!isTest && !target.startsWith(join(root, room, 'src') + sep))
            faults.push(`${room}/${place}: imports ${name}, outside its room`);
          targets.push(target);
          if (room === 'api' && !isTest)
            faults.push(...apiFault(place, relative(join(root, 'api'), target).split(sep).join('/')));
        } else if (!isTest) {
          if (!allowed(name)) faults.push(`${room}/${place}: may not import ${name}`);
          for (const owner of soleOwners) {
            if (owner.room !== room || (name !== owner.library && !name.startsWith(`${owner.library}/`)))
              continue;
            const isOwner = owner.files ? owner.files.includes(place) : place.startsWith(owner.under);
            if (!isOwner)
              faults.push(
                `${room}/${place}: only ${owner.files?.join(', ') ?? owner.under} may know ${owner.library}`,
              );
          }
        }
      }
      if (!isTest) graph.set(file, targets);
    }
  }
  return [...faults, ...circles(graph)];
}

function apiFault(place, target) {
  const from = /^src\/([a-z]+)\//.exec(place)?.[1];
  const to = /^src\/([a-z]+)\//.exec(target)?.[1];
  if (!from || !to || from === to || !(from in apiArrows)) return [];
  return apiArrows[from].includes(to) ? [] : [`api/${place}: ${from} may not look into ${to}`];
}

/** Files that import each other in a circle, each circle once. */
function circles(graph) {
  const found = [];
  const state = new Map();
  const path = [];
  const visit = (file) => {
    if (state.get(file) === 'done' || !graph.has(file)) return;
    if (state.get(file) === 'open') {
      const circle = path.slice(path.indexOf(file)).map((name) => relative(root, name));
      found.push(`circle: ${circle.join(' → ')} → ${circle[0]}`);
      return;
    }
    state.set(file, 'open');
    path.push(file);
    for (const target of graph.get(file)) visit(target);
    path.pop();
    state.set(file, 'done');
  };
  for (const file of graph.keys()) visit(file);
  return found;
}
