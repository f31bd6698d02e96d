import { RateLimits } from '@yaguts/shared';
import { Hono } from 'hono';
import type { Waited } from '../identity/rates.ts';
import { needs, person } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';

/** What the broker has refused, paced or given up on; its other counters say how much went through. */
const isRefusal = (name: string): boolean => /^(refused_|not_retained_)|_paced$|^slow_consumers$/.test(name);

/** The limits in force and who was told to wait. */
export function rateLimitRoutes(deps: HttpDeps): Routes {
  // The app is made when the platform starts, and counting begins with it.
  const desde = deps.now();
  return new Hono<Env>().get(
    '/api/limits',
    describe('people', 'Rate limits in force, and who of the org was told to wait', {
      answer: RateLimits,
      more: 'Counts since the platform started. `instalacao` is null but for the platform operator. A `report` counts for its device.',
    }),
    needs('org:manage'),
    (c) => {
      const { org, plataforma } = person(c);
      const { rates } = deps;
      const waited = rates.waitedOf(org);
      const broker = Object.entries(deps.counters?.() ?? {}).filter(([name]) => isRefusal(name));
      return c.json({
        desde,
        limites: [...rates.inForce],
        pessoas: sumByName(waited.filter(({ tipo }) => tipo === 'person')).map(({ nome, ...sum }) => ({
          user: nome,
          ...sum,
        })),
        dispensadores: sumByName(waited.filter(({ tipo }) => tipo !== 'person')).map(({ nome, ...sum }) => ({
          device: nome,
          ...sum,
        })),
        instalacao: plataforma ? { recusas: rates.refusals(), broker: Object.fromEntries(broker) } : null,
      });
    },
  );
}

function sumByName(waited: readonly Waited[]): Omit<Waited, 'tipo'>[] {
  const sums = new Map<string, Omit<Waited, 'tipo'>>();
  for (const { nome, recusas, ultima_em } of waited) {
    const before = sums.get(nome);
    sums.set(nome, {
      nome,
      recusas: recusas + (before?.recusas ?? 0),
      ultima_em: Math.max(ultima_em, before?.ultima_em ?? 0),
    });
  }
  return [...sums.values()].sort((a, b) => b.recusas - a.recusas);
}
