import { act, cleanup, fireEvent, render } from '@testing-library/preact';
import { permissionsOf, type RateLimits } from '@yaguts/shared';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { loadTexts } from '../i18n/t.ts';
import { LiveClient } from '../live/client.ts';
import { FakeLink } from '../live/fake.ts';
import { watcher } from '../live/use-watch.ts';
import { createWatcher } from '../live/watch.ts';
import { link } from '../store/conn.ts';
import { session } from '../store/session.ts';
import { aSession } from '../test-data.ts';
import { RetentionForm } from './config/retention.tsx';
import { Operators } from './instalacao/operators.tsx';
import { OwnerLink } from './instalacao/owner-link.tsx';
import { Limits } from './saude/limits.tsx';
import Usuarios from './usuarios/index.tsx';
import { Invites } from './usuarios/invites.tsx';

type Handler = (body: Record<string, unknown>) => unknown;
function answer(routes: Record<string, Handler>) {
  const asked: [string, unknown][] = [];
  vi.stubGlobal('fetch', async (path: string, init: { method: string; body: string | null }) => {
    const body = init.body ? JSON.parse(init.body) : {};
    asked.push([`${init.method} ${path}`, body]);
    return new Response(JSON.stringify(routes[`${init.method} ${path}`]?.(body) ?? {}));
  });
  return asked;
}
const settle = () => act(() => new Promise<void>((resolve) => setTimeout(resolve, 20)));

beforeAll(() => loadTexts('pages', 'office'));
beforeEach(async () => {
  session.value = aSession();
  link.value = { state: 'open', attempt: 0, nextAt: null };
  const token = async () => ({ token: 't', username: 'u.ana', url: '/mqtt', expires_at: 1 });
  const options = { org: 'demo', user: 'ana', link: new FakeLink(), token, origin: 'http://k.example' };
  const client = new LiveClient(options);
  // Nobody is connected here: what is open is fetched at once.
  const setTimer = (fn: () => void) => {
    queueMicrotask(fn);
    return () => {};
  };
  watcher.value = createWatcher({ random: () => 0, setTimer });
  watcher.value.attach(client);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const limits: RateLimits = {
  desde: 0,
  limites: [{ tipo: 'person', por_minuto: 600, rajada: 60 }],
  pessoas: [{ user: 'bia', recusas: 3, ultima_em: 0 }],
  dispensadores: [],
  instalacao: null,
};

test('the limits say who was told to wait; the counts of the whole installation only for who runs it', async () => {
  answer({ 'GET /api/limits': () => limits });
  const { container } = render(<Limits />);
  await settle();
  expect(container.querySelector('tbody tr')?.textContent).toBe('pessoa60060');
  expect(container.textContent).toMatch(/bia3 vezes/);
  cleanup();
  const recusas = { address: 0, person: 7, device: 0, report: 0, claim: 0, login: 2 };
  answer({
    'GET /api/limits': () => ({
      ...limits,
      pessoas: [],
      instalacao: { recusas, broker: { refused_connect: 4 } },
    }),
  });
  const all = render(<Limits />).container;
  await settle();
  expect(all.querySelector('tbody tr')?.textContent).toBe('pessoa600607');
  expect(all.textContent).toContain('Ninguém daqui precisou esperar');
  expect(all.textContent).toContain('refused_connect4');
});

test('an invitation carries its role, its days and a set of permissions of its own', async () => {
  const asked = answer({
    'GET /api/invites': () => ({ rows: [], proximo: null }),
    'POST /api/invites': () => ({ code: 'abc' }),
  });
  const { container, getByLabelText } = render(<Invites />);
  await settle();
  fireEvent.input(getByLabelText('Para quem'), { target: { value: 'Elisa' } });
  fireEvent.change(getByLabelText('Papel'), { target: { value: 'leitor' } });
  fireEvent.input(getByLabelText('Vale por (dias)'), { target: { value: '31' } });
  await settle();
  const submit = container.querySelector('button[type=submit]') as HTMLButtonElement;
  expect([submit.disabled, container.textContent]).toEqual([true, expect.stringContaining('De 1 a 30.')]);
  fireEvent.input(getByLabelText('Vale por (dias)'), { target: { value: '2' } });
  fireEvent.click(getByLabelText('Permissões próprias, em vez das do papel'));
  await settle();
  fireEvent.click(getByLabelText('Pedir execuções'));
  fireEvent.submit(container.querySelector('form') as HTMLFormElement);
  await settle();
  const [, body] = asked.find(([route]) => route === 'POST /api/invites') ?? [];
  expect(body).toMatchObject({ nome: 'Elisa', role: 'leitor', dias: 2 });
  expect((body as { permissoes: string[] }).permissoes).toContain('jobs:create');
  expect(container.textContent).toContain('/convite#code=abc');
});

test('days of retention outside their bounds are said and not sent; acts may be kept for ever', async () => {
  const stored = { execucoes: 730, avisos: 30, comandos: 730, rejeitadas: 730, auditoria: 400 };
  const asked = answer({
    'GET /api/org/retention': () => stored,
    'PUT /api/org/retention': (body) => body,
  });
  const { container, getByLabelText } = render(<RetentionForm />);
  await settle();
  const submit = container.querySelector('button[type=submit]') as HTMLButtonElement;
  fireEvent.input(getByLabelText('Avisos'), { target: { value: '400' } });
  await settle();
  expect(submit.disabled).toBe(true);
  expect(container.querySelector('.fault')?.textContent).toBe('De 1 a 365.');
  fireEvent.input(getByLabelText('Avisos'), { target: { value: '60' } });
  fireEvent.input(getByLabelText('Auditoria'), { target: { value: '' } });
  fireEvent.submit(container.querySelector('form') as HTMLFormElement);
  await settle();
  expect(asked.at(-1)).toEqual(['PUT /api/org/retention', { ...stored, avisos: 60, auditoria: null }]);
});

test('a link to a new password and other rights are offered for who may do less than oneself', async () => {
  const person = (user: string, role: string, plataforma = false) => ({
    ...{ user, nome: user, role, permissoes: [], plataforma, criado_em: 1, desativado_em: null },
  });
  const rows = [person('ana', 'dono'), person('rui', 'dono'), person('bia', 'operador')];
  answer({ 'GET /api/users': () => ({ rows, proximo: null }) });
  session.value = {
    ...session.value,
    user: 'ana',
    permissions: permissionsOf.dono,
    plataforma: false,
  } as never;
  const { container } = render(<Usuarios />);
  await settle();
  const offered = [...container.querySelectorAll('article.card')].map((card) => [
    card.querySelector('.mono')?.textContent,
    card.querySelector('select') !== null,
    card.textContent?.includes('Link para nova senha'),
    card.textContent?.includes('Desativar'),
  ]);
  expect(offered).toEqual([
    ['ana', false, false, false],
    ['rui', false, false, true],
    ['bia', true, true, true],
  ]);
});

test('who runs the installation gives an owner of any kitchen a link to a new password', async () => {
  const asked = answer({
    'POST /api/installation/owners/dora/reset-code': () => ({ code: 'abc', expires_at: 1 }),
  });
  const { container, getByLabelText } = render(<OwnerLink />);
  await settle();
  fireEvent.input(getByLabelText('Usuário do dono'), { target: { value: 'dora' } });
  fireEvent.submit(container.querySelector('form') as HTMLFormElement);
  await settle();
  expect(asked.at(-1)?.[0]).toBe('POST /api/installation/owners/dora/reset-code');
  expect(container.textContent).toContain('/nova-senha#code=abc');
});

test('who runs the installation is named and released; oneself has no such button', async () => {
  const rows = [
    { user: 'ana', nome: 'Ana', org: 'demo' },
    { user: 'rui', nome: 'Rui', org: 'padaria' },
  ];
  const asked = answer({ 'GET /api/installation/operators': () => ({ rows, proximo: null }) });
  const { container, getByLabelText } = render(<Operators />);
  await settle();
  const release = [...container.querySelectorAll('button.danger')] as HTMLElement[];
  expect(release).toHaveLength(1);
  fireEvent.click(release[0] as HTMLElement);
  await settle();
  fireEvent.input(getByLabelText('Usuário'), { target: { value: 'bia' } });
  fireEvent.submit(container.querySelector('form') as HTMLFormElement);
  await settle();
  const acts = asked.map(([route]) => route).filter((route) => !route.startsWith('GET'));
  expect(acts).toEqual(['DELETE /api/installation/operators/rui', 'PUT /api/installation/operators/bia']);
});
