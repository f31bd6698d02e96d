import preact from '@preact/preset-vite';
import { defaultClientConditions, defineConfig } from 'vite';

/** Where `vite dev` finds a running platform (`npm start` or `npm run demo` in another terminal). */
const platform = process.env.YAGUTS_DEV_PLATFORM ?? 'http://127.0.0.1:8080';

/**
 * The simulator page exists in development only. A build gets it by asking for it; otherwise the flag is
 * the constant `false` and the page with all it imports is left out of the bundle.
 */
const withSimulator = (command: string): boolean =>
  command === 'serve' || process.env.YAGUTS_WEB_SIMULATOR === '1';

/** What stands before the first pixel: everything that main.tsx imports without `import()`, in one file. */
const shell = new Set<string>();

/** Parts that pages share, without those that bring the contract's schemas: they come with the live connection. */
const isOfMostPages = (id: string): boolean =>
  /\/web\/src\/(api|live|store|style|ui)\/(?!permission-set)|\/shared\/src\/limits/.test(id);

export default defineConfig(({ command }) => ({
  root: import.meta.dirname,
  plugins: [
    preact({ prefreshEnabled: command === 'serve', devToolsEnabled: command === 'serve' }),
    {
      name: 'shell',
      buildEnd() {
        const visit = (id: string): void => {
          if (shell.has(id)) return;
          shell.add(id);
          for (const next of this.getModuleInfo(id)?.importedIds ?? []) visit(next);
        };
        visit(`${import.meta.dirname}/src/main.tsx`);
      },
    },
  ],
  // "source": the packages of this repository are read from their TypeScript, no build stands in between.
  resolve: { conditions: ['source', ...defaultClientConditions] },
  define: { __SIMULATOR__: JSON.stringify(withSimulator(command)) },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // A slow line pays for each request more than for a kilobyte that a page does not need yet.
          groups: [
            { name: 'shell', test: (id) => shell.has(id), priority: 3 },
            { name: 'kitchen', test: isOfMostPages, minShareCount: 2, priority: 2 },
            { name: 'contract', test: /\/shared\/src\/|\/valibot\//, minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      '/api': { target: platform, changeOrigin: false },
      '/mqtt': { target: platform, ws: true },
    },
  },
}));
