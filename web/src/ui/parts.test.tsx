import { act, cleanup, fireEvent, render } from '@testing-library/preact';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { HttpProblem } from '../api/http.ts';
import { loadTexts } from '../i18n/t.ts';
import type { WatchStatus } from '../live/watch.ts';
import { link, now, staleSince } from '../store/conn.ts';
import { badge, devices, server } from '../store/kitchen.ts';
import { session } from '../store/session.ts';
import { stopState } from '../store/stop.ts';
import { aDevice, aSession } from '../test-data.ts';
import { Bell } from './bell.tsx';
import { DeviceLight } from './device-light.tsx';
import { Dialog } from './dialog.tsx';
import { DecimalField } from './field.tsx';
import { Lights } from './lights.tsx';
import { Part, StaleNote } from './states.tsx';
import { StopButton } from './stop-button.tsx';

beforeAll(() => loadTexts('pages', 'office'));
beforeEach(() => {
  session.value = aSession();
  link.value = { state: 'open', attempt: 0, nextAt: null };
  staleSince.value = null;
  stopState.value = 'idle';
  server.value = { state: 'online', version: '0.3.0', epoch: 'e' };
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
const pass = (ms: number) =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });
const textOf = (node: Parameters<typeof render>[0]) => render(node).container.textContent ?? '';

const part = (status: WatchStatus, change: object = {}) =>
  render(
    <Part status={status} has={false} empty={<b>one thing to do</b>} {...change}>
      <i>content</i>
    </Part>,
  ).container;

test('a part that loads shows nothing for 150 ms, then grey rows', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const container = part({ kind: 'loading' });
  expect(container.querySelector('[role=status]')?.getAttribute('aria-label')).toBe('Carregando');
  expect(container.querySelectorAll('.skeleton i')).toHaveLength(0);
  await pass(200);
  expect(container.querySelectorAll('.skeleton i')).toHaveLength(3);
});

test('what was shown stays on screen whatever the status: loading again, or an error above it', () => {
  expect(part({ kind: 'loading' }, { has: true }).textContent).toBe('content');
  const problem = new HttpProblem('unavailable', { request_id: 'abcdef1234' });
  const container = part({ kind: 'error', problem }, { has: true });
  expect(container.textContent).toContain('content');
  expect(container.textContent).toContain('O servidor está começando ou parando');
  expect(container.textContent).toContain('unavailable · abcdef12');
});

test('empty says the one thing to do; an error is never shown as empty', () => {
  expect(part({ kind: 'ready' }, { has: true, isEmpty: true }).textContent).toBe('one thing to do');
  cleanup();
  const problem = new HttpProblem('offline');
  expect(part({ kind: 'error', problem }, { isEmpty: true }).textContent).not.toContain('one thing');
});

test('forbidden says whom to ask; an error can be tried again', () => {
  expect(part({ kind: 'forbidden' }).textContent).toContain('Seu papel não permite');
  cleanup();
  const again = vi.fn();
  const container = part({ kind: 'error', problem: new HttpProblem('internal') }, { again });
  fireEvent.click(container.querySelector('button') as HTMLElement);
  expect(again).toHaveBeenCalledOnce();
});

test('the first light says in words what the connection does, with its age once it is lost', () => {
  const words = (['open', 'paused', 'failed', 'closed'] as const).map((state) => {
    link.value = { state, attempt: 0, nextAt: null };
    const text = textOf(<Lights />);
    cleanup();
    return text;
  });
  expect(words).toEqual(['ao vivo', 'pausado', 'sem conexãoTentar agora', 'sem conexão']);
  link.value = { state: 'waiting', attempt: 3, nextAt: null };
  staleSince.value = now.value - 60_000;
  expect(textOf(<Lights />)).toBe('reconectando 3/10há 1 min');
});

test('the second light shows when the server has lost its broker', () => {
  server.value = { state: 'offline', version: '0.3.0', epoch: 'e' };
  expect(textOf(<Lights />)).toBe('ao vivoservidor fora do ar');
});

test('each light has a shape of its own beside its colour', () => {
  const shapes = ['open', 'waiting', 'failed', 'paused'].map((state) => {
    link.value = { state: state as 'open', attempt: 1, nextAt: null };
    const { container } = render(<Lights />);
    const shape = container.querySelector('.light svg')?.innerHTML;
    cleanup();
    return shape;
  });
  expect(new Set(shapes).size).toBe(4);
});

test('the third light is the device’s: ready, dispensing, silent since, never seen; grey while we are not live', () => {
  const seen = now.value - 180_000;
  expect(textOf(<DeviceLight device={aDevice()} />)).toBe('pronto');
  expect(textOf(<DeviceLight device={aDevice({ presence: 'lost', visto_em: seen })} />)).toBe(
    'sem sinal há 3 min',
  );
  expect(textOf(<DeviceLight device={aDevice({ presence: 'never', visto_em: null, desde: null })} />)).toBe(
    'nunca visto',
  );
  const job = { job_id: 1, seq: 1, status: 'running', fase: 'dispensando' } as const;
  expect(textOf(<DeviceLight device={aDevice({ job })} />)).toBe('dispensando');
  link.value = { state: 'waiting', attempt: 1, nextAt: null };
  cleanup();
  const { container } = render(<DeviceLight device={aDevice()} />);
  expect(container.querySelector('.light')?.classList.contains('off')).toBe(true);
});

test('old data says that it is old and how old; live data says nothing', () => {
  expect(textOf(<StaleNote />)).toBe('');
  link.value = { state: 'waiting', attempt: 1, nextAt: null };
  staleSince.value = now.value - 120_000;
  expect(textOf(<StaleNote />)).toContain('O que você vê é de há 2 min');
});

const running = aDevice({ job: { job_id: 1, seq: 1, status: 'running', fase: 'dispensando' } });
const stopWord = (container: Element) => container.querySelector('.stop [role=status]')?.textContent;

test('stop is told by the device’s own state, not by the answer to the request', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const fetch = vi.fn(async () => new Response('{}'));
  vi.stubGlobal('fetch', fetch);
  devices.live('cozinha', { ...running, versao: 100 });
  const { container } = render(<StopButton />);
  fireEvent.click(container.querySelector('.stop') as HTMLElement);
  await pass(100);
  expect(fetch).toHaveBeenCalledOnce();
  expect(stopWord(container)).toBe('parando…');
  await act(() => devices.live('cozinha', aDevice({ versao: 101 })));
  expect(stopWord(container)).toBe('parado');
  await pass(6_000);
  expect(stopWord(container)).toBe('PARAR');
});

test('a stop that the device does not confirm says to pull the plug', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response('{}')),
  );
  devices.live('cozinha', { ...running, versao: 200 });
  const { container } = render(<StopButton />);
  fireEvent.click(container.querySelector('.stop') as HTMLElement);
  await pass(8_100);
  expect(stopWord(container)).toBe('não confirmou: desligue da tomada');
  devices.live('cozinha', aDevice({ versao: 201 }));
});

test('without a network stop tries three times with one key, then says to pull the plug', async () => {
  const keys: string[] = [];
  vi.stubGlobal('fetch', async (_: string, init: { headers: Record<string, string> }) => {
    keys.push(init.headers['idempotency-key'] ?? '');
    throw new TypeError('offline');
  });
  link.value = { state: 'failed', attempt: 10, nextAt: null };
  const { container } = render(<StopButton />);
  expect((container.querySelector('.stop') as HTMLButtonElement).disabled).toBe(false);
  await act(async () => {
    fireEvent.click(container.querySelector('.stop') as HTMLElement);
    await new Promise((resolve) => setTimeout(resolve));
  });
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
  expect(stopWord(container)).toBe('não confirmou: desligue da tomada');
});

test('the bell counts what waits, pulses when it rises and rests when it falls', async () => {
  badge.value = { permission_pending: 1, unread: 0 };
  const { container } = render(<Bell />);
  const bell = () => container.querySelector('.bell');
  expect(bell()?.getAttribute('aria-label')).toBe('1 aviso esperando');
  expect(bell()?.classList.contains('pulse')).toBe(false);
  await act(() => {
    badge.value = { permission_pending: 2, unread: 0 };
  });
  expect(bell()?.classList.contains('pulse')).toBe(true);
  expect(bell()?.textContent).toBe('2');
  await act(() => {
    badge.value = { permission_pending: 0, unread: 0 };
  });
  expect(bell()?.querySelector('b')).toBeNull();
});

test('the bell of who may not approve counts unread notices; an approval is one of them, never two', async () => {
  session.value = aSession('operador');
  badge.value = { permission_pending: 0, unread: 3 };
  expect(textOf(<Bell />)).toBe('3');
  cleanup();
  badge.value = { permission_pending: 1, unread: 1 };
  expect(textOf(<Bell />)).toBe('1');
});

test('a dialog closes by Esc without acting, gives the focus back, and holds a stop button', async () => {
  const onClose = vi.fn();
  const opener = document.body.appendChild(document.createElement('button'));
  opener.focus();
  const { container, unmount } = render(
    <Dialog title="Executar" onClose={onClose}>
      <p>?</p>
    </Dialog>,
  );
  const dialog = container.querySelector('dialog') as HTMLDialogElement;
  expect(dialog.open).toBe(true);
  expect(dialog.querySelector('.stop')).not.toBeNull();
  dialog.dispatchEvent(new Event('cancel', { cancelable: true }));
  expect(onClose).toHaveBeenCalledOnce();
  unmount();
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(document.activeElement).toBe(opener);
  opener.remove();
});

test('a decimal field reads a comma, says NaN for rubbish and null for nothing', () => {
  const seen: (number | null)[] = [];
  const { container } = render(
    <DecimalField label="g" value={2.5} onNumber={(n) => seen.push(n)} fault="no number" />,
  );
  const input = container.querySelector('input') as HTMLInputElement;
  expect(input.value).toBe('2,5');
  expect(input.getAttribute('aria-invalid')).toBe('true');
  expect(
    container.querySelector(`#${CSS.escape(input.getAttribute('aria-describedby') ?? '')}`)?.textContent,
  ).toBe('no number');
  for (const text of ['3,25', 'abc', ' ']) fireEvent.input(input, { target: { value: text } });
  expect(seen).toEqual([3.25, Number.NaN, null]);
});
