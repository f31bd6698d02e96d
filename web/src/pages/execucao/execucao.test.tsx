import { cleanup, fireEvent, render, waitFor } from '@testing-library/preact';
import type { DeviceState, ItemRepetition, JobPreview, JobState } from '@yaguts/shared';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { api } from '../../api/routes.ts';
import { loadTexts } from '../../i18n/t.ts';
import { link } from '../../store/conn.ts';
import { repetitionsOf, showBegun, shownJob } from '../../store/execution.ts';
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
  repetitionsOf(7).value = undefined;
  shownJob.value = null;
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
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

const partial = (repeticoes: readonly Partial<ItemRepetition>[]) => {
  repetitionsOf(7).value = repeticoes.map((one, i) => ({
    ...{ item_ordem: i + 1, pode_g: 0, motivo: null, em: [] },
    ...one,
  }));
  const itens = [
    anItem({ item_ordem: 1, estado: 'done', segundos: 2 }),
    anItem({ item_ordem: 2, tempero: 'Alho', quantidade_g: 1, estado: 'failed', error: 'timeout' }),
    anItem({ item_ordem: 3, tempero: 'Louro', quantidade_g: 2, estado: 'failed', error: 'vazio' }),
  ];
  return aJob({ status: 'done_partial', fase: 'terminado', itens });
};
const buttonOf = (tempero: string) =>
  document.querySelector<HTMLButtonElement>(`button[aria-label="Repetir este frasco: ${tempero}"]`);

test('each frasco that failed has its own repetition; what was poured has none', () => {
  const { buttons } = show(partial([{ motivo: 'feito' }, { pode_g: 1 }, { pode_g: 2 }]));
  expect(buttons()).toEqual(['Repetir este frasco', 'Repetir este frasco', 'Repetir o que falhou']);
  expect(buttonOf('Sal')).toBeNull();
});

test('a frasco that was repeated says where and how it went, and why it is not repeated again', () => {
  const em = (job_id: number, estado: ItemRepetition['em'][number]['estado']) => ({
    ...{ job_id, item_ordem: 1, frasco: 2, quantidade_g: 1, estado },
  });
  const { container, text, buttons } = show(
    partial([
      { motivo: 'feito' },
      { motivo: 'repetido', em: [em(11, 'failed'), em(12, 'done')] },
      { motivo: 'em_andamento', em: [em(13, 'pendente')] },
    ]),
  );
  expect(text()).toContain('repetido na execução #11 · 1 g · falhou');
  expect(text()).toContain('repetido na execução #12 · 1 g · dispensado');
  expect(text()).toContain('repetido na execução #13 · 1 g · em curso');
  expect(container.querySelector('a[href="/execucoes/12"]')).not.toBeNull();
  for (const [tempero, why] of [
    ['Alho', 'Já saiu numa repetição.'],
    ['Louro', 'Uma repetição dele espera ou está em curso.'],
  ] as const) {
    const button = buttonOf(tempero);
    expect(button?.disabled).toBe(true);
    expect(document.getElementById(button?.getAttribute('aria-describedby') ?? '')?.textContent).toBe(why);
  }
  expect(buttons().at(-1)).toBe('Repetir o que falhou (off)');
  expect(text()).toContain('Tudo o que falhou já foi repetido, ou está sendo.');
});

test('before it is repeated the grams and the estoque are shown; one tap orders that item alone, once', async () => {
  const preview: JobPreview = {
    ...{ device: 'cozinha', receita: 'Tempero baiano', multiplicador: 1, total_g: 1, total_ms: 500 },
    ...{ na_frente: 0, pode: true, obstaculos: [] },
    itens: [
      {
        ...{ item_ordem: 1, frasco: 2, tempero: 'Alho', quantidade_g: 1, ms: 500, critico: false },
        ...{ saldo_g: 40, reservado_g: 0 },
      },
    ],
  };
  const asked = vi.spyOn(api, 'previewRetry').mockResolvedValue(preview);
  const ordered = vi
    .spyOn(api, 'retry')
    .mockResolvedValue({ id: 12, job_id: 12, status: 'queued', fase: 'ofertado', device: 'cozinha' });
  const { text, container } = show(partial([{ motivo: 'feito' }, { pode_g: 1 }, { pode_g: 2 }]));
  fireEvent.click(buttonOf('Alho') as HTMLButtonElement);
  await waitFor(() => expect(text()).toContain('ficam 39 g'));
  expect(asked).toHaveBeenCalledWith(7, [2]);
  const confirm = [...container.querySelectorAll('button')].find((b) => b.textContent === 'Repetir · 1 g');
  fireEvent.click(confirm as HTMLButtonElement);
  await waitFor(() => expect(shownJob.value).toBe(12));
  expect(ordered.mock.calls).toEqual([[7, [2], expect.any(String)]]);
  expect(text()).not.toContain('Confira antes de repetir.');
});

test('what stands in the way of a repetition is said, and it cannot be ordered', async () => {
  const preview: JobPreview = {
    ...{ device: 'cozinha', receita: 'Tempero baiano', multiplicador: 1, total_g: 1, total_ms: 500 },
    ...{ na_frente: 0, pode: false, itens: [] },
    obstaculos: [{ code: 'estoque_insuficiente', message: '1 g missing', impede: true, tempero: 'Alho' }],
  };
  vi.spyOn(api, 'previewRetry').mockResolvedValue(preview);
  const { text, container } = show(partial([{ motivo: 'feito' }, { pode_g: 1 }, { pode_g: 2 }]));
  fireEvent.click(buttonOf('Alho') as HTMLButtonElement);
  await waitFor(() => expect(text()).toContain('Alho'));
  await waitFor(() => expect(container.querySelector('.note.bad')).not.toBeNull());
  const confirm = container.querySelector<HTMLButtonElement>('.confirm .primary');
  expect(confirm?.disabled).toBe(true);
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

function Closing({
  status,
  close,
  job = 7,
}: {
  status: JobState['status'];
  close: () => void;
  job?: number;
}) {
  const { left, stop } = useCountdown(job, status, close);
  return (
    <button type="button" onClick={stop}>
      {left ?? 'none'}
    </button>
  );
}

async function closing(from: JobState['status'], to: JobState['status'], job = 7) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const close = vi.fn();
  const { container, rerender } = render(<Closing status={from} close={close} job={job} />);
  rerender(<Closing status={to} close={close} job={job} />);
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

test('it closes itself after a success of a job made here too, though nobody saw that end come', async () => {
  showBegun(8);
  const { close, pass } = await closing('done', 'done', 8);
  await pass(7);
  expect(close).toHaveBeenCalled();
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
