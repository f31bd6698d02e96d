import { Gramas, gFromMg, Id, limits, mgFromG, Retention } from '@yaguts/shared';
import { Hono } from 'hono';
import * as v from 'valibot';
import { readRetention, retentionColumns, retentionOf } from '../flows/apply-retention.ts';
import { changeOrg } from '../flows/change-org.ts';
import type { Org, OrgPatch } from '../store/identity.ts';
import { needs, person, personActor, platformOnly, signedIn } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body } from './validate.ts';

const settings = {
  nome: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64)),
  /** IANA time zone; days of the history are cut in it. */
  fuso: v.pipe(v.string(), v.maxLength(64)),
  idioma: v.picklist(['pt-BR', 'en']),
  limite_multiplicador: v.pipe(v.number(), v.minValue(0.001), v.maxValue(limits.maxMultiplicador)),
  /** Largest job in grams, null for none. */
  limite_g: v.nullable(v.pipe(Gramas, v.minValue(0.001))),
  politica_estoque: v.picklist(['recusa', 'avisa', 'parcial']),
  regra_aprovacao: v.picklist(['ninguem', 'solicitantes', 'todos']),
  /** Of executions; `/api/org/retention` has every kind. */
  retencao_dias: Retention.entries.execucoes,
};
const OrgOut = v.object({ org: Id, ...settings });
const OrgIn = v.partial(v.object(settings));
const Stats = v.object({
  totalClients: v.number(),
  organizationsConnected: v.number(),
  clientsByOrg: v.record(v.string(), v.number()),
});

/** The org's settings, and the platform operator's count of connections. */
export function orgRoutes(deps: HttpDeps): Routes {
  return new Hono<Env>()
    .get(
      '/api/org',
      describe('people', 'Settings of the org', { answer: OrgOut, errors: ['not_found'] }),
      signedIn(),
      async (c) => {
        const org = await deps.store.findOrg(person(c).org);
        return org ? c.json(outOf(org)) : c.notFound();
      },
    )
    .patch(
      '/api/org',
      describe('people', 'Change settings of the org', { answer: OrgOut }),
      needs('org:manage'),
      body(OrgIn),
      async (c) => c.json(outOf(await changeOrg(deps, personActor(c), patchOf(c.req.valid('json'))))),
    )
    .get(
      '/api/org/retention',
      describe('people', 'For how many days the org keeps what', {
        answer: Retention,
        errors: ['not_found'],
      }),
      signedIn(),
      async (c) => c.json(await readRetention(deps, person(c).org)),
    )
    .put(
      '/api/org/retention',
      describe('people', 'Set for how many days the org keeps what; the oldest goes within the hour', {
        answer: Retention,
        errors: ['not_found'],
        more: 'The ledger of the estoque is kept for ever. Acts that are forgotten leave an act about themselves.',
      }),
      needs('org:manage'),
      body(Retention),
      async (c) => {
        const patch = retentionColumns(c.req.valid('json'));
        return c.json(retentionOf(await changeOrg(deps, personActor(c), patch)));
      },
    )
    .get(
      '/api/websocket/stats',
      describe('health', 'Live connections by org', { answer: Stats }),
      platformOnly(),
      (c) => c.json(deps.stats()),
    );
}

function outOf(org: Org): v.InferOutput<typeof OrgOut> {
  return {
    org: org.org_id,
    nome: org.nome,
    fuso: org.fuso,
    idioma: org.idioma === 'en' ? 'en' : 'pt-BR',
    limite_multiplicador: org.limite_multiplicador_milesimos / 1_000,
    limite_g: org.limite_mg === null ? null : gFromMg(org.limite_mg),
    politica_estoque: org.politica_estoque,
    regra_aprovacao: org.regra_aprovacao,
    retencao_dias: org.retencao_dias,
  };
}

function patchOf({ limite_multiplicador, limite_g, ...rest }: v.InferOutput<typeof OrgIn>): OrgPatch {
  const patch = {
    ...rest,
    ...(limite_multiplicador !== undefined && {
      limite_multiplicador_milesimos: Math.round(limite_multiplicador * 1_000),
    }),
    ...(limite_g !== undefined && { limite_mg: limite_g === null ? null : mgFromG(limite_g) }),
  };
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}
