import '../style/jar.css';
import { useId, useMemo, useRef } from 'preact/hooks';
import { decimal, grams } from '../i18n/numbers.ts';
import { t } from '../i18n/t.ts';

/** A frasco as a glass jar: the product's signature. Level, minimum and reserve are text as well. */
export interface JarProps {
  readonly frasco: number;
  readonly tempero: string | null;
  readonly saldo_g: number;
  readonly desejado_g: number | null;
  readonly minimo_g?: number;
  readonly reservado_g?: number;
  readonly cor?: string | null | undefined;
  readonly isPouring?: boolean;
  readonly isStale?: boolean;
  /** Says "conferir": what is in it is not known for certain. */
  readonly recontar?: boolean;
  readonly size?: 'small';
}

const bodyTop = 14;
const bodyHeight = 66;
const glass = 'M20 13h24v3c8 2 12 6 12 12v44a8 8 0 0 1-8 8H16a8 8 0 0 1-8-8V28c0-6 4-10 12-12z';
/** Powder is never flat: the top of the filling is a small heap. */
const heap = 'M0 20c9-5 17 3 29-1 12-5 23-5 35 1v90H0z';

/** Known temperos look like themselves; others get a stable colour from their name. */
const looks: readonly (readonly [RegExp, string])[] = [
  [/pimenta.*(verm|caien|calab)|p[aá]pric|colorau|urucum/i, '#b4381c'],
  [/pimenta|papoula/i, '#463a35'],
  [/sal\b|açúcar|acucar/i, '#d9d3c7'],
  [/alho|gengibre|mostarda/i, '#d8b86a'],
  [/açafr|acafr|c[uú]rcuma|curry/i, '#d9950f'],
  [/louro|or[eé]gano|manjeric|tomilho|salsa|alecrim|coentro|erva/i, '#6f7f42'],
  [/canela|noz|cravo|cominho|cacau/i, '#8a5a33'],
  [/cebola|gergelim/i, '#cbb391'],
];

/** Colour of a tempero's filling: its own, a known look, or a warm hue made from its name. */
export function temperoColor(tempero: string | null, cor?: string | null): string {
  if (cor) return cor;
  if (!tempero) return '#bcae9b';
  const known = looks.find(([pattern]) => pattern.test(tempero));
  if (known) return known[1];
  let hash = 7;
  for (const char of tempero) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 997;
  return `hsl(${(hash * 137) % 90} 48% ${40 + (hash % 3) * 7}%)`;
}

/** The level from 0 to 1; null when nobody has said how much a full jar holds. */
export const jarLevel = (saldo_g: number, desejado_g: number | null): number | null =>
  desejado_g && desejado_g > 0 ? Math.min(1, Math.max(0, saldo_g / desejado_g)) : null;

/** What a screen reader says of a jar. */
export function jarLabel(jar: JarProps): string {
  const level = jarLevel(jar.saldo_g, jar.desejado_g);
  const parts = [
    t('jarra.rotulo', {
      frasco: jar.frasco,
      tempero: jar.tempero ?? t('jarra.vazia'),
      gramas: grams(jar.saldo_g),
    }),
    level !== null && t('jarra.nivel', { nivel: decimal(level * 100, 0) }),
    jar.reservado_g ? t('jarra.reservado', { gramas: grams(jar.reservado_g) }) : false,
    jar.minimo_g && jar.saldo_g < jar.minimo_g ? t('jarra.baixo', { gramas: grams(jar.minimo_g) }) : false,
    jar.recontar && t('jarra.conferir'),
    jar.isPouring && t('jarra.despejando'),
    jar.isStale && t('jarra.velha'),
  ];
  return parts.filter(Boolean).join(', ');
}

/** Faster than this a level is set, not moved: transitions that never end cost a layer for each jar. */
const calmMs = 150;

/** True while the level changes more often than its transition could show. */
function useHurry(level: number | null): boolean {
  const last = useRef({ level, at: 0, isHurried: false });
  if (last.current.level !== level) {
    const at = performance.now();
    last.current = { level, at, isHurried: at - last.current.at < calmMs };
  }
  return last.current.isHurried;
}

export function Jar(jar: JarProps) {
  const id = useId();
  const level = jarLevel(jar.saldo_g, jar.desejado_g);
  const isHurried = useHurry(level);
  const color = temperoColor(jar.tempero, jar.cor);
  const yOf = (g: number) => bodyTop + (1 - Math.min(1, g / (jar.desejado_g || 1))) * bodyHeight;
  const names = [
    'jar',
    jar.size,
    jar.isPouring && 'pouring',
    jar.isStale && 'stale',
    isHurried && !jar.isPouring && 'hurried',
  ];
  // What never moves is made once: the same vnode is not compared again at the next change of grams.
  const behind = useMemo(() => <Behind id={id} />, [id]);
  const before = useMemo(() => <Before frasco={jar.frasco} />, [jar.frasco]);
  const reserved = level === null ? 0 : Math.min(jar.reservado_g ?? 0, jar.saldo_g);
  return (
    <svg class={names.filter(Boolean).join(' ')} viewBox="0 0 64 94" role="img" aria-label={jarLabel(jar)}>
      {behind}
      {reserved > 0 && <Hatch id={id} />}
      {level !== null && (
        <g clip-path={`url(#${id}c)`}>
          <g class="jar-fill" style={{ transform: `translateY(${round((1 - level) * bodyHeight)}px)` }}>
            <path d={heap} transform={`translate(0 ${bodyTop - 18})`} fill={color} />
          </g>
          {reserved > 0 && (
            <rect
              x="8"
              width="48"
              y={round(yOf(jar.saldo_g))}
              height={round(Math.max(0, yOf(jar.saldo_g - reserved) - yOf(jar.saldo_g)))}
              fill={`url(#${id}h)`}
            />
          )}
          {jar.minimo_g ? <path class="jar-min" d={`M8 ${yOf(jar.minimo_g)}h48`} /> : null}
        </g>
      )}
      {before}
      {jar.isPouring &&
        [26, 32, 38].map((x, i) => (
          <circle
            key={x}
            class="jar-grain"
            cx={x}
            cy="82"
            r="1.700"
            fill={color}
            style={{ 'animation-delay': `${i * 0.21}s` }}
          />
        ))}
    </svg>
  );
}

/** A hundredth of a drawing unit is less than a pixel; longer numbers only cost time. */
const round = (n: number): number => Math.round(n * 100) / 100;

function Behind({ id }: { id: string }) {
  return (
    <>
      <clipPath id={`${id}c`}>
        <path d={glass} />
      </clipPath>
      <path class="jar-glass" d={glass} />
    </>
  );
}

function Hatch({ id }: { id: string }) {
  return (
    <pattern id={`${id}h`} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width="1.8" height="5" class="jar-hatch" />
    </pattern>
  );
}

function Before({ frasco }: { frasco: number }) {
  return (
    <>
      <path class="jar-shine" d="M14.500 30v34" />
      <rect class="jar-lid" x="17" y="3" width="30" height="10" rx="3" />
      <rect class="jar-lid-edge" x="17" y="10" width="30" height="3" rx="1.500" />
      <rect class="jar-label" x="19" y="43" width="26" height="19" rx="4" />
      <text class="jar-number" x="32" y="57.500">
        {frasco}
      </text>
    </>
  );
}
