import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

// Tests read the packages' sources ("source" condition), so that no build stands between an edit and its
// test; a custom list must spread the defaults, or CommonJS `require('ws')` inside mqtt breaks.
const ssr = { resolve: { conditions: ['source', ...defaultServerConditions] } };
const node = (name: string, extra: object = {}) => ({
  ssr,
  test: { name, root: `./${name}`, include: ['src/**/*.test.ts'], environment: 'node' as const, ...extra },
});

export default defineConfig({
  test: {
    projects: [
      node('shared'),
      node('broker'),
      node('api'),
      node('scripts', { include: ['src/**/*.test.ts'] }),
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
        },
      },
    ],
  },
});
