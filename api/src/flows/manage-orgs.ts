import { AppError, type OrgIn } from '@yaguts/shared';
import { freshCode } from '../identity/sealer.ts';
import type { Org } from '../store/identity.ts';
import type { Invite } from '../store/invites.ts';
import { retentionColumns, standardRetention } from './apply-retention.ts';
import { requireTimeZone } from './change-org.ts';
import type { IdentityDeps } from './identity-deps.ts';
import { platformInviter } from './invite.ts';
import type { PersonActor } from './reach.ts';
import { clearDevice } from './republish.ts';

/** The first owner has a week to come. */
const inviteLifeMs = 7 * 24 * 60 * 60 * 1_000;

/** The settings of an org that nobody has changed yet. */
export const newOrg = (given: Pick<Org, 'org_id' | 'nome' | 'fuso' | 'criado_em'>): Org => ({
  idioma: 'pt-BR',
  limite_multiplicador_milesimos: 100_000,
  limite_mg: null,
  politica_estoque: 'recusa',
  regra_aprovacao: 'ninguem',
  ...retentionColumns(standardRetention),
  importando_desde: null,
  ...given,
});

/**
 * Makes an org, empty, and the invitation of its first owner: the platform's operator has no way into it.
 *
 * @throws AppError "already_exists", "invalid" for a time zone that does not exist
 */
export async function createOrg(
  deps: IdentityDeps,
  actor: PersonActor,
  input: OrgIn,
): Promise<{ code: string; expira_em: number }> {
  requireTimeZone(input.fuso);
  const now = deps.now();
  const code = freshCode(26);
  const expira_em = now + inviteLifeMs;
  const made = await deps.store.createOrg(
    newOrg({ org_id: input.org, nome: input.nome, fuso: input.fuso, criado_em: now }),
    ownerInvite(deps, input, code, now),
    { em: now, quem: actor.user, endereco: actor.endereco },
  );
  if (!made) throw new AppError('already_exists', `There is an organisation ${input.org} already`);
  deps.log('org_created', { org: input.org, por: actor.user });
  return { code, expira_em };
}

function ownerInvite(deps: IdentityDeps, input: OrgIn, code: string, now: number): Invite {
  return {
    ...{ org_id: input.org, id: deps.random(8).toString('hex'), hash: deps.sealer.seal(code) },
    ...{ nome: input.dono, role: 'dono', permissoes: [], criado_por: platformInviter },
    ...{ criado_em: now, expira_em: now + inviteLifeMs, usado_em: null, usado_por: null },
  };
}

/**
 * Deletes an org with everything in it. Its connections are closed and its retained topics cleared.
 *
 * @param confirmation the org's id as the person typed it
 * @throws AppError "invalid" when it was not typed, "conflict" when nobody would be left to run the installation
 */
export async function wipeOrg(deps: IdentityDeps, actor: PersonActor, confirmation: string): Promise<void> {
  const { org } = actor;
  if (confirmation !== org)
    throw new AppError('invalid', undefined, {
      faults: [{ path: 'confirmacao', message: `type the id of the organisation: ${org}` }],
    });
  const retained = await retainedOf(deps, org);
  const act = { em: deps.now(), quem: actor.user, endereco: actor.endereco };
  const result = await deps.store.wipeOrg(org, act);
  if (result === 'nada') throw new AppError('not_found');
  if (result === 'operador')
    throw new AppError(
      'conflict',
      'Nobody would be left to run the installation for the other organisations',
    );
  deps.disconnect((principal) => 'org' in principal && principal.org === org);
  for (const device of retained.devices) clearDevice(deps, org, device);
  for (const job_id of retained.jobs) deps.publish('jobState', { org, job_id }, null);
  for (const user of retained.users) deps.publish('userBadge', { org, user }, null);
  deps.log('org_wiped', { org, por: actor.user });
}

/** What the broker holds of an org, read before there is nothing to read. */
async function retainedOf(deps: IdentityDeps, org: string) {
  const devices = (await deps.store.everyDevice()).filter((row) => row.org === org);
  // Every job that is held: the time since the beginning leaves out none.
  const jobs = (await deps.store.retainedJobs(0)).filter((row) => row.org === org);
  const users = await deps.store.listUsers(org);
  return {
    devices: devices.map(({ device }) => device),
    jobs: jobs.map(({ job_id }) => job_id),
    users: users.map(({ user_id }) => user_id),
  };
}
