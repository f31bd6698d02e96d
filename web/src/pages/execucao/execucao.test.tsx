import { cleanup, fireEvent, render } from '@testing-library/preact';
import type { DeviceState, JobState } from '@yaguts/shared';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { loadTexts } from '../../i18n/t.ts';
import { link } from '../../store/conn.ts';
import { devices, itemId, poured, runningOn } from '../../store/kitchen.ts';
import { setPrefs } from '../../store/prefs.ts';
import { session } from '../../store/session.ts';
import { aDevice, aJob, anItem, aSession } from '../../test-data.ts';
import { useCountdown } from './dialog.tsx';
import { ExecutionView } from './view.tsx';

beforeAll(() => loadTexts('pages', 'office'));
beforeEach(() => {
  session.value = aSession();
  link.value = { state: 'open', attempt: 0, nextAt: null };
  poured.value = new Map();
  runningOn('cozinha').value = undefined;
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const show = (job: JobState, device: Partial<DeviceState> = {}) => {
  devices.live('cozinha', aDevice({ versao: Date.now(), ...device }));
  const { container } = render(<ExecutionView job={job} />);
  const buttons = () =>
    [...container.querySelectorAll('.row button')].map(
      (b) => `${b.textContent}${(b as HTMLButtonElement).disabled ? ' (off)' : ''}`,
    );
  return { container, buttons, text: () => container.textContent ?? '' };
};
const rows = (container: Element) =>
  [...container.querySelectorAll('ol.items > li')].map((li) => li.textContent);

test('each frasco shows tempero, grams, seconds and its state while it runs', () => {
  runningOn('cozinha').value = { job_id: 7, item_ordem: 3, frasco: 3, ran_ms: 500, of_ms: 1_000, seenAt: 0 };
  const { container, text } = show(
    aJob({
      itens: [
        anItem({ item_ordem: 1, estado: 'done', segundos: 2.1 }),
        anItem({
          item_ordem: 2,
          frasco: 2,
          tempero: 'Alho',
          quantidade_g: 30,
          estado: 'failed',
          segundos: 5,
          error: 'timeout',
        }),
        anItem({ item_ordem: 3, frasco: 3, tempero: 'Louro', quantidade_g: 20, ms: 1_000 }),
        anItem({ item_ordem: 4, frasco: 4, tempero: 'Orégano', quantidade_g: 2.5, ms: 1_000 }),
      ],
    }),
  );
  expect(rows(container)).toEqual([
    expect.stringMatching(/Sal 50 g2,1 ssalvo/),
    expect.stringMatching(/Alho 30 g5 so motor passou do tempo/),
    expect.stringMatching(/Louro 20 g1 sdispensando/),
    expect.stringMatching(/Orégano 2,5 g1 sespera/),
  ]);
  expect(text()).toContain('1 de 4');
});

test('one tick once the device says it poured, two once it is committed', () => {
  poured.value = new Map([[itemId(7, 1), { status: 'done', segundos: 1.2, error: null, seq: 3 }]]);
  const { container } = show(aJob({ itens: [anItem()] }));
  expect(rows(container)[0]).toContain('dispensado');
  expect(container.querySelectorAll('.tick path')).toHaveLength(1);
  cleanup();
  const after = show(aJob({ itens: [anItem({ estado: 'done', segundos: 1.2 })] }));
  expect(rows(after.container)[0]).toContain('salvo');
  expect(after.container.querySelectorAll('.tick path')).toHaveLength(2);
});

test('an entry of an earlier offer of the job gives no tick', () => {
  poured.value = new Map([[itemId(7, 1), { status: 'done', segundos: 1.2, error: null, seq: 2 }]]);
  expect(rows(show(aJob({ itens: [anItem()] })).container)[0]).not.toContain('dispensado');
});

test('a running job can be paused and canceled, a paused one goes on', () => {
  expect(show(aJob()).buttons()).toEqual(['Pausar', 'Cancelar']);
  cleanup();
  expect(show(aJob({ fase: 'pausado' })).buttons()).toEqual(['Continuar', 'Cancelar']);
  cleanup();
  expect(show(aJob({ fase: 'cancelando' })).buttons()).toEqual(['cancelando (off)']);
});

test('what failed can be repeated, what was canceled run again, what is done neither', () => {
  expect(show(aJob({ status: 'done_partial', fase: 'terminado' })).buttons()).toEqual([
    'Repetir o que falhou',
  ]);
  cleanup();
  expect(show(aJob({ status: 'canceled', fase: 'terminado' })).buttons()).toEqual(['Executar de novo']);
  cleanup();
  expect(show(aJob({ status: 'done', fase: 'terminado' })).buttons()).toEqual([]);
});

test('who may only look gets no buttons', () => {
  session.value = aSession('leitor');
  expect(show(aJob()).buttons()).toEqual([]);
});

test('without a connection it says that the device goes on by itself, and its buttons wait', () => {
  link.value = { state: 'waiting', attempt: 2, nextAt: null };
  const { buttons, text } = show(aJob());
  expect(text()).toContain('O aparelho segue sozinho');
  expect(buttons()).toEqual(['Pausar (off)', 'Cancelar (off)']);
});

test('a device out of reach: pause waits, cancel is asked for, and it is said', () => {
  const { buttons, text } = show(aJob(), { presence: 'lost' });
  expect(buttons()).toEqual(['Pausar (off)', 'Cancelar']);
  expect(text()).toContain('pausar e cancelar esperam por ele');
});

test('silence and a reason are said in words', () => {
  expect(show(aJob({ sem_noticias: true })).text()).toContain('não dá notícias');
  cleanup();
  expect(show(aJob({ status: 'canceled', motivo: 'negado' })).text()).toContain('O pedido foi negado.');
});

test('hostile names are text', () => {
  const name = '<img src=x onerror=alert(1)>';
  const { container } = show(aJob({ itens: [anItem({ tempero: name })] }));
  expect(container.querySelector('img')).toBeNull();
  expect(rows(container)[0]).toContain(name);
});

function Closing({ status, close }: { status: JobState['status']; close: () => void }) {
  const { left, stop } = useCountdown(7, status, close);
  return (
    <button type="button" onClick={stop}>
      {left ?? 'none'}
    </button>
  );
}

async function closing(from: JobState['status'], to: JobState['status']) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const close = vi.fn();
  const { container, rerender } = render(<Closing status={from} close={close} />);
  rerender(<Closing status={to} close={close} />);
  const pass = async (s: number) => {
    for (let i = 0; i < s; i++) await vi.advanceTimersByTimeAsync(1_050);
  };
  await pass(1);
  return { close, pass, button: container.querySelector('button') as HTMLButtonElement };
}

test('it closes itself five seconds after a success that was seen here', async () => {
  const { close, pass, button } = await closing('running', 'done');
  expect(Number(button.textContent)).toBeGreaterThan(2);
  expect(close).not.toHaveBeenCalled();
  await pass(6);
  expect(close).toHaveBeenCalled();
});

test('it never closes after partial, failed or canceled, nor over a job that was done before', async () => {
  for (const [from, to] of [
    ['running', 'done_partial'],
    ['running', 'failed'],
    ['running', 'canceled'],
    ['done', 'done'],
  ] as const) {
    const { close, pass, button } = await closing(from, to);
    await pass(8);
    expect([to, button.textContent]).toEqual([to, 'none']);
    expect(close).not.toHaveBeenCalled();
    cleanup();
  }
});

test('a touch stops the countdown for good, and the settings can turn it off', async () => {
  const { close, pass, button } = await closing('running', 'done');
  fireEvent.click(button);
  await pass(8);
  expect(close).not.toHaveBeenCalled();
  cleanup();
  setPrefs({ autoClose: false });
  const off = await closing('running', 'done');
  await off.pass(8);
  expect(off.close).not.toHaveBeenCalled();
  setPrefs({ autoClose: true });
});
