import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

// Tests read the packages' sources ("source" condition), so that no build stands between an edit and its
// test; a custom list must spread the defaults, or CommonJS `require('ws')` inside mqtt breaks.
const ssr = { resolve: { conditions: ['source', ...defaultServerConditions] } };
// A net under tests that wait for a message which never comes; no test is judged by its time.
const patience = { testTimeout: 300_000, hookTimeout: 300_000 };
const node = (name: string, extra: object = {}) => ({
  ssr,
  test: {
    name,
    root: `./${name}`,
    include: ['src/**/*.test.ts'],
    environment: 'node' as const,
    ...patience,
    ...extra,
  },
});

export default defineConfig({
  test: {
    // Journeys mostly wait for sockets and processes; one worker per core of a small machine keeps both busy.
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['{shared,broker,api}/src/**/*.ts', 'scripts/src/**/*.ts', 'web/src/**/*.{ts,tsx}'],
      exclude: ['**/*.test.*', '**/test/**', '**/test-*.ts', '**/bench/**', '**/proof/**', '**/testing/**'],
      reporter: ['text-summary', 'json-summary'],
      reportOnFailure: true,
      thresholds: {
        ...{ statements: 80, branches: 80, functions: 80, lines: 80 },
        'api/src/domain/**': { statements: 95, branches: 95, functions: 95, lines: 95 },
        // The branches left are defensive: rows that a foreign key says cannot be missing.
        'api/src/store/**': { statements: 95, branches: 88, functions: 95, lines: 95 },
      },
      reportsDirectory: './coverage',
    },
    projects: [
      node('shared'),
      node('broker'),
      node('api'),
      node('scripts'),
      {
        resolve: { conditions: ['source', ...defaultClientConditions] },
        ...ssr,
        oxc: { jsx: { runtime: 'automatic' as const, importSource: 'preact' } },
        define: { __SIMULATOR__: 'true' },
        test: {
          name: 'web',
          root: './web',
          include: ['src/**/*.test.{ts,tsx}', 'e2e/**/*.test.ts'],
          environment: 'happy-dom' as const,
          ...patience,
        },
      },
    ],
  },
});
