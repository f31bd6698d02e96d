import { act, cleanup, fireEvent, render } from '@testing-library/preact';
import type { JobPreview, Receita } from '@yaguts/shared';
import { LocationProvider } from 'preact-iso/router';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { loadTexts } from '../i18n/t.ts';
import { LiveClient } from '../live/client.ts';
import { FakeLink } from '../live/fake.ts';
import { watcher } from '../live/use-watch.ts';
import { createWatcher } from '../live/watch.ts';
import { link } from '../store/conn.ts';
import { shownJob } from '../store/execution.ts';
import { devices } from '../store/kitchen.ts';
import { setPrefs } from '../store/prefs.ts';
import { session } from '../store/session.ts';
import { aDevice, aFrasco, aJob, anItem, aSession } from '../test-data.ts';
import { ApprovalList } from './aprovacoes/list.tsx';
import { MoveDialog } from './estoque/move-dialog.tsx';
import { QueueCard } from './fila/queue-card.tsx';
import { RunDialog } from './receitas/run-dialog.tsx';

type Handler = (body: Record<string, unknown>) => unknown;
/** Answers by `METHOD path`; what is asked for without a handler is a 404 problem. */
function answer(routes: Record<string, Handler>) {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (path: string, init: { method: string; body: string | null }) => {
    const key = `${init.method} ${path}`;
    asked.push(key);
    const handler = routes[key];
    const made = handler?.(init.body ? JSON.parse(init.body) : {}) ?? { code: 'not_found', status: 404 };
    const status = (made as { status?: unknown }).status;
    return new Response(JSON.stringify(made), { status: typeof status === 'number' ? status : 200 });
  });
  return asked;
}
const settle = (ms = 0) => act(() => new Promise<void>((resolve) => setTimeout(resolve, ms)));
const button = (container: Element, name: RegExp) =>
  [...container.querySelectorAll('button')].find((one) =>
    name.test(one.textContent ?? ''),
  ) as HTMLButtonElement;

beforeAll(() => loadTexts('pages', 'office'));
beforeEach(async () => {
  session.value = aSession();
  link.value = { state: 'open', attempt: 0, nextAt: null };
  shownJob.value = null;
  const fake = new FakeLink();
  const token = async () => ({ token: 't', username: 'u.ana', url: '/mqtt', expires_at: 1 });
  const client = new LiveClient({ org: 'demo', user: 'ana', link: fake, token, origin: 'http://k.example' });
  const setTimer = (fn: () => void, ms: number) => {
    const id = setTimeout(fn, ms);
    return () => clearTimeout(id);
  };
  watcher.value = createWatcher({ random: () => 0, setTimer });
  watcher.value.attach(client);
  await client.connect();
  devices.live('cozinha', aDevice({ versao: Date.now() }));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const receita: Receita = {
  id: 4,
  versao: 1,
  nome: 'Tempero baiano',
  notas: '',
  tags: [],
  favorita: false,
  itens: [{ tempero: 'Sal', quantidade_g: 20, escala: 'linear', critico: false }],
  atualizada_em: 0,
  pode_agora: ['cozinha'],
};
const preview = (times: number, change: Partial<JobPreview> = {}): JobPreview => ({
  device: 'cozinha',
  receita: receita.nome,
  multiplicador: times,
  itens: [
    {
      item_ordem: 1,
      frasco: 1,
      tempero: 'Sal',
      quantidade_g: 20 * times,
      ms: 2_000,
      critico: false,
      saldo_g: 90,
      reservado_g: 0,
    },
  ],
  total_g: 20 * times,
  total_ms: 2_000,
  na_frente: 0,
  pode: true,
  obstaculos: [],
  ...change,
});

test('before a run: grams per frasco and what is left, one confirm, then the execution opens', async () => {
  answer({
    'POST /api/jobs/preview': ({ multiplicador }) => preview(multiplicador as number),
    'POST /api/jobs': (body) => ({ job_id: 12, ...body }),
  });
  const onClose = vi.fn();
  const { container } = render(<RunDialog receita={receita} onClose={onClose} />);
  expect(button(container, /^Executar/).disabled).toBe(true);
  await settle(300);
  expect(container.textContent).toContain('ficam 70 g');
  fireEvent.click(button(container, /^Executar · 20 g/));
  await settle();
  expect(onClose).toHaveBeenCalledOnce();
  expect(shownJob.value).toBe(12);
});

test('a multiplicador that is none asks nothing, says so, and cannot be confirmed', async () => {
  const asked = answer({ 'POST /api/jobs/preview': () => preview(1) });
  const { container } = render(<RunDialog receita={receita} onClose={() => {}} />);
  await settle(300);
  for (const text of ['0', '-1', '1e9', 'abc', '']) {
    fireEvent.input(container.querySelector('input') as HTMLElement, { target: { value: text } });
    await settle();
    expect([text, button(container, /^Executar/).disabled]).toEqual([text, true]);
    expect(container.textContent).toContain('Um número acima de 0, até 100.');
  }
  await settle(300);
  expect(asked).toHaveLength(1);
});

test('what stands in the way is named with its fix, and the run waits', async () => {
  const obstaculos = [
    { code: 'estoque_insuficiente', message: 'short', impede: true, tempero: 'Sal', frasco: 1 },
  ];
  answer({ 'POST /api/jobs/preview': () => preview(9, { pode: false, obstaculos }) });
  const { container } = render(<RunDialog receita={receita} onClose={() => {}} />);
  await settle(300);
  expect(container.querySelector('.note.bad')?.textContent).toContain('Não há o bastante de: Sal, frasco 1');
  expect(container.querySelector('.note.bad a')?.getAttribute('href')).toBe('/estoque');
  expect(button(container, /^Executar/).disabled).toBe(true);
});

test('"tenho 50 g de sal" sets the multiplicador', async () => {
  const asked: number[] = [];
  answer({
    'POST /api/jobs/preview': ({ multiplicador }) => {
      asked.push(multiplicador as number);
      return preview(multiplicador as number);
    },
  });
  const { container } = render(<RunDialog receita={receita} onClose={() => {}} />);
  fireEvent.input(container.querySelectorAll('input')[1] as HTMLElement, { target: { value: '50' } });
  await settle(300);
  expect(asked.at(-1)).toBe(2.5);
});

test('a frasco is filled to the brim by one tap, with one movement', async () => {
  const moved: unknown[] = [];
  answer({
    'POST /api/estoque/movimentos': (body) => {
      moved.push(body);
      return { id: 5, saldo_g: 500 };
    },
  });
  const onClose = vi.fn();
  const { container } = render(<MoveDialog row={aFrasco()} kind="entrada" onClose={onClose} />);
  fireEvent.click(button(container, /^Encheu/));
  await settle();
  expect(moved).toEqual([{ tipo: 'entrada', device: 'cozinha', frasco: 1, nota: '', quantidade_g: 250 }]);
  expect(onClose).toHaveBeenCalledOnce();
});

test('a correction sets what was weighed; nothing else than a number is sent', async () => {
  const moved: unknown[] = [];
  answer({ 'POST /api/estoque/movimentos': (body) => moved.push(body) && { code: 'conflict', status: 409 } });
  const { container } = render(<MoveDialog row={aFrasco()} kind="ajuste" onClose={() => {}} />);
  fireEvent.input(container.querySelector('input') as HTMLElement, { target: { value: 'muito' } });
  expect(button(container, /^Salvar/).disabled).toBe(true);
  fireEvent.input(container.querySelector('input') as HTMLElement, { target: { value: '247,5' } });
  await settle();
  fireEvent.submit(container.querySelector('form') as HTMLElement);
  await settle();
  expect(moved).toEqual([{ tipo: 'ajuste', device: 'cozinha', frasco: 1, nota: '', saldo_g: 247.5 }]);
  expect(container.textContent).toContain('Contradiz o que está guardado.');
});

test('an approval shows who, what and grams, and sends the remark with the decision', async () => {
  const waiting = aJob({
    status: 'queued',
    fase: 'aguardando_aprovacao',
    itens: [anItem(), anItem({ item_ordem: 2, quantidade_g: 30 })],
  });
  const decided: unknown[] = [];
  answer({
    'GET /api/jobs?fase=aguardando_aprovacao': () => ({
      rows: decided.length ? [] : [waiting],
      proximo: null,
    }),
    'POST /api/jobs/7/reject': (body) => decided.push(body) && {},
  });
  const { container } = render(<ApprovalList />);
  await settle(20);
  expect(container.textContent).toContain('ana');
  expect(container.textContent).toContain('80 g · Cozinha');
  fireEvent.input(container.querySelector('input') as HTMLElement, { target: { value: 'amanhã' } });
  fireEvent.click(button(container, /^Negar/));
  await settle(20);
  expect(decided).toEqual([{ comentario: 'amanhã' }]);
  expect(container.textContent).toBe('Nada espera decisão.');
});

test('the queue says why it waits, moves by buttons, and offers "tigela vazia"', async () => {
  const queued = (job_id: number) =>
    aJob({ job_id, receita: `R${job_id}`, status: 'queued', fase: 'na_fila' });
  const queue = {
    device: 'cozinha',
    pausada: false,
    transicao: 'manual',
    espera_tigela: true,
    atual: null,
    jobs: [queued(1), queued(2)],
  };
  const orders: unknown[] = [];
  answer({
    'GET /api/devices/cozinha/queue': () => queue,
    'PUT /api/devices/cozinha/queue': (body) => orders.push(body) && queue,
  });
  const { container } = render(
    <LocationProvider>
      <QueueCard device={aDevice({ fila: 2 })} />
    </LocationProvider>,
  );
  await settle(20);
  expect(container.textContent).toContain('Espera alguém dizer que a tigela está vazia.');
  expect(button(container, /^Tigela vazia/).disabled).toBe(false);
  fireEvent.click(container.querySelector('[aria-label="Descer R1"]') as HTMLElement);
  await settle(20);
  expect(orders).toEqual([{ job_ids: [2, 1] }]);
});

test('scaling by one item: the multiplicador follows whichever is said last, the grams or the item', async () => {
  const asked: number[] = [];
  answer({
    'POST /api/jobs/preview': ({ multiplicador }) => {
      asked.push(multiplicador as number);
      return preview(multiplicador as number);
    },
  });
  const two = {
    ...receita,
    itens: [
      ...receita.itens,
      { tempero: 'Alho', quantidade_g: 5, escala: 'linear', critico: false } as const,
    ],
  };
  const { getByLabelText } = render(<RunDialog receita={two} onClose={() => {}} />);
  fireEvent.input(getByLabelText('Tenho (g)'), { target: { value: '40' } });
  await settle(300);
  fireEvent.change(getByLabelText('Tempero'), { target: { value: 'Alho' } });
  await settle(300);
  expect(asked.slice(-2)).toEqual([2, 8]);
});

test('on a kiosk nothing is typed, and the confirmation stands in the half that was not tapped', async () => {
  answer({ 'POST /api/jobs/preview': () => preview(1) });
  setPrefs({ kiosk: true });
  const places = [];
  for (const share of [0.9, 0.1]) {
    dispatchEvent(new PointerEvent('pointerdown', { clientY: innerHeight * share }));
    const { container } = render(<RunDialog receita={receita} onClose={() => {}} />);
    await settle(300);
    expect(container.querySelector('input')).toBeNull();
    const [confirm, jar] = [button(container, /^Executar/), container.querySelector('.jar') as Element];
    const isBefore = confirm.compareDocumentPosition(jar) & Node.DOCUMENT_POSITION_FOLLOWING;
    places.push(isBefore ? 'above' : 'below');
    cleanup();
  }
  setPrefs({ kiosk: false });
  expect(places).toEqual(['above', 'below']);
});
