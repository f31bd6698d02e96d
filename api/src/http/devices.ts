import {
  AppError,
  alertCodes,
  Calibracao,
  CalibracaoIn,
  CommandIn,
  CommandRow,
  DeviceCredential,
  DeviceIn,
  DevicePatch,
  DeviceState,
  FrascoRow,
  FrascosIn,
} from '@yaguts/shared';
import { Hono } from 'hono';
import * as v from 'valibot';
import { clearAlert } from '../flows/clear-alert.ts';
import { issueCredential } from '../flows/issue-credential.ts';
import { createDevice, patchDevice, removeDevice } from '../flows/save-device.ts';
import { saveCalibration, saveFrascos } from '../flows/save-frascos.ts';
import { sendCommand } from '../flows/send-command.ts';
import { actorOf, needs, person } from './access.ts';
import type { HttpDeps } from './deps.ts';
import { describe } from './describe.ts';
import type { Env, Routes } from './env.ts';
import { body, idParam, numberParam, rowsOf } from './validate.ts';

const DeviceCreated = v.object({ id: v.string(), ...DeviceCredential.entries });
const FrascoPast = v.object({
  tempero: v.nullable(v.string()),
  g_por_s: v.nullable(v.number()),
  desde: v.number(),
  por: v.nullable(v.string()),
});

/** Devices, what their frascos hold, and commands to them. */
export function deviceRoutes(deps: HttpDeps): Routes {
  const stateOf = async (org: string, device: string) => {
    const state = await deps.store.deviceState(org, device);
    if (!state) throw new AppError('not_found', `There is no device "${device}"`);
    return state;
  };

  return new Hono<Env>()
    .get(
      '/api/devices',
      describe('devices', 'Every device with its state', { answer: rowsOf(DeviceState) }),
      needs('jobs:view'),
      async (c) => {
        const { org } = person(c);
        const ids = await deps.store.deviceIds(org);
        return c.json({ rows: await Promise.all(ids.map((id) => stateOf(org, id))), proximo: null });
      },
    )
    .post(
      '/api/devices',
      describe('devices', 'Make a device; its credential is in the answer, shown once', {
        answer: DeviceCreated,
        status: 201,
        errors: ['already_exists'],
      }),
      needs('devices:manage'),
      body(DeviceIn),
      async (c) => {
        const actor = actorOf(c);
        const { device } = await createDevice(deps, { ...actor, body: c.req.valid('json') });
        return c.json(await issueCredential(deps, { org: actor.org, device }, { by: actor.by }), 201);
      },
    )
    .get(
      '/api/devices/:id',
      describe('devices', 'A device with its state', { answer: DeviceState, errors: ['not_found'] }),
      needs('jobs:view'),
      async (c) => c.json(await stateOf(person(c).org, idParam(c, 'id'))),
    )
    .patch(
      '/api/devices/:id',
      describe('devices', 'Change name, transição or telemetry', {
        answer: DeviceState,
        errors: ['not_found'],
      }),
      needs('devices:manage'),
      body(DevicePatch),
      async (c) =>
        c.json(
          await patchDevice(deps, { ...actorOf(c), device: idParam(c, 'id'), body: c.req.valid('json') }),
        ),
    )
    .delete(
      '/api/devices/:id',
      describe('devices', 'Remove a device; its history stays', { errors: ['not_found', 'ocupado'] }),
      needs('devices:manage'),
      async (c) => {
        await removeDevice(deps, { ...actorOf(c), device: idParam(c, 'id') });
        return c.body(null, 204);
      },
    )
    .get(
      '/api/devices/:id/frascos',
      describe('devices', 'Frascos in their order', { answer: rowsOf(FrascoRow), errors: ['not_found'] }),
      needs('estoque:view'),
      async (c) => {
        const rows = await deps.store.listFrascos(person(c).org, idParam(c, 'id'));
        if (!rows) throw new AppError('not_found');
        return c.json({ rows, proximo: null });
      },
    )
    .put(
      '/api/devices/:id/frascos',
      describe('devices', 'Set the frascos named; the others stay as they are', {
        answer: rowsOf(FrascoRow),
        errors: ['not_found', 'conflict'],
      }),
      needs('devices:manage'),
      body(FrascosIn),
      async (c) => {
        const at = { ...actorOf(c), device: idParam(c, 'id') };
        return c.json({ rows: await saveFrascos(deps, { ...at, body: c.req.valid('json') }), proximo: null });
      },
    )
    .get(
      '/api/devices/:id/frascos/:frasco/history',
      describe('devices', 'What a frasco held and how fast it ran, newest first', {
        answer: rowsOf(FrascoPast),
        errors: ['not_found'],
      }),
      needs('estoque:view'),
      async (c) => {
        const { org } = person(c);
        const { device } = await stateOf(org, idParam(c, 'id'));
        const rows = await deps.store.frascoHistory(org, device, numberParam(c, 'frasco'));
        return c.json({
          rows: rows.map(({ tempero, ug_por_s, desde, por }) => ({
            tempero,
            g_por_s: ug_por_s === null ? null : ug_por_s / 1e6,
            desde,
            por,
          })),
          proximo: null,
        });
      },
    )
    .post(
      '/api/devices/:id/calibrations',
      describe('devices', 'Store the rate of a frasco from weighed runs', {
        answer: Calibracao,
        status: 201,
        errors: ['not_found', 'sem_frasco'],
      }),
      needs('devices:operate'),
      body(CalibracaoIn),
      async (c) =>
        c.json(
          await saveCalibration(deps, { ...actorOf(c), device: idParam(c, 'id'), body: c.req.valid('json') }),
          201,
        ),
    )
    .delete(
      '/api/devices/:id/alerts/:code',
      describe('devices', 'Take an alert away: a person has looked at it', {
        answer: DeviceState,
        errors: ['not_found'],
      }),
      needs('devices:operate'),
      async (c) => {
        const code = alertCodes.find((known) => known === c.req.param('code'));
        if (!code) throw new AppError('not_found');
        return c.json(await clearAlert(deps, { ...actorOf(c), device: idParam(c, 'id'), code }));
      },
    )
    .get(
      '/api/devices/:id/commands',
      describe('devices', 'Commands sent, newest first', {
        answer: rowsOf(CommandRow),
        errors: ['not_found'],
      }),
      needs('jobs:view'),
      async (c) => {
        const { org } = person(c);
        const { device } = await stateOf(org, idParam(c, 'id'));
        return c.json({ rows: await deps.store.listCommands(org, device), proximo: null });
      },
    )
    .post(
      '/api/devices/:id/commands',
      describe('devices', 'Send a command; its answer comes later, by the list or by MQTT', {
        answer: CommandRow,
        status: 202,
        errors: ['not_found', 'dispensador_offline', 'ocupado', 'conflict'],
      }),
      needs('jobs:stop'),
      body(CommandIn),
      async (c) => {
        const input = c.req.valid('json');
        requireRight(person(c).permissions, input.op);
        return c.json(await sendCommand(deps, { ...actorOf(c), device: idParam(c, 'id'), body: input }), 202);
      },
    );
}

/** Who may stop a job may stop, pause and resume; moving a motor or rebooting is for operators. */
function requireRight(permissions: readonly string[], op: v.InferOutput<typeof CommandIn>['op']): void {
  const isStop = op === 'stop' || op === 'pause' || op === 'resume';
  if (!isStop && !permissions.includes('devices:operate'))
    throw new AppError('forbidden', `${op} needs the permission devices:operate`);
}
