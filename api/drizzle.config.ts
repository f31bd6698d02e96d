import { defineConfig } from 'drizzle-kit';

// `npx drizzle-kit generate` in this folder writes the SQL of a schema change; commit it.
export default defineConfig({
  dialect: 'sqlite',
  schema: './src/store/schema/index.ts',
  out: './drizzle',
});
