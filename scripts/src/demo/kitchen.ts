import type { FrascoIn, ReceitaIn } from '@yaguts/shared';

/** The kitchen that the demo sets up, over the same HTTP routes that a person's browser uses. */

export const demoOrg = 'demo';
export const demoUser = 'ana';
/** Poured by the simulated dispenser. */
export const demoDevice = 'cozinha';
/** Stays idle: whoever tries `mosquitto_pub -i demo.mao` plays this one. */
export const idleDevice = 'mao';

interface DemoFrasco {
  readonly tempero: string;
  readonly cor: string;
  readonly g_por_s: number;
  readonly saldo_g: number;
  readonly densidade_g_ml: number;
}

/** Frasco 1 to 8, with what a real kitchen might hold; Louro is low on purpose. */
export const demoFrascos: readonly DemoFrasco[] = [
  { tempero: 'Sal', cor: '#d9dde2', g_por_s: 8, saldo_g: 820, densidade_g_ml: 1.2 },
  { tempero: 'Pimenta', cor: '#4b4038', g_por_s: 2, saldo_g: 140, densidade_g_ml: 0.5 },
  { tempero: 'Páprica', cor: '#c2452d', g_por_s: 3, saldo_g: 260, densidade_g_ml: 0.46 },
  { tempero: 'Alho', cor: '#d8b26a', g_por_s: 4, saldo_g: 310, densidade_g_ml: 0.6 },
  { tempero: 'Cominho', cor: '#9a7b3f', g_por_s: 2.5, saldo_g: 95, densidade_g_ml: 0.43 },
  { tempero: 'Orégano', cor: '#6f8a4c', g_por_s: 1.2, saldo_g: 60, densidade_g_ml: 0.2 },
  { tempero: 'Cúrcuma', cor: '#e0a21b', g_por_s: 3, saldo_g: 180, densidade_g_ml: 0.67 },
  { tempero: 'Louro', cor: '#5d7350', g_por_s: 1, saldo_g: 18, densidade_g_ml: 0.3 },
];

export const frascosOf = (): FrascoIn[] =>
  demoFrascos.map((jar, i) => ({
    frasco: i + 1,
    tempero: jar.tempero,
    g_por_s: jar.g_por_s,
    min_ms: 100,
    max_ms: 60_000,
    pin: null,
    minimo_g: 20,
    desejado_g: Math.max(100, Math.ceil(jar.saldo_g / 250) * 250),
    lote: null,
    validade: null,
  }));

const item = (tempero: string, quantidade_g: number): ReceitaIn['itens'][number] => ({
  tempero,
  quantidade_g,
  escala: 'linear',
  critico: false,
});

export const demoReceitas: readonly ReceitaIn[] = [
  {
    nome: 'Tempero baiano',
    notas: 'Para peixe e moqueca.',
    tags: ['peixe', 'clássico'],
    favorita: true,
    itens: [item('Pimenta', 2.5), item('Cominho', 4), item('Cúrcuma', 6), item('Orégano', 2)],
  },
  {
    nome: 'Churrasco de domingo',
    notas: '',
    tags: ['carne'],
    favorita: true,
    itens: [item('Sal', 24), item('Alho', 8), item('Pimenta', 3), item('Louro', 1.5)],
  },
  {
    nome: 'Páprica suave',
    notas: 'Batatas ao forno.',
    tags: ['legumes'],
    favorita: false,
    itens: [item('Páprica', 9), item('Sal', 6), item('Orégano', 1.2)],
  },
];
