/** Line icons on a 24 grid, drawn for this product; always beside a word, so hidden from screen readers. */
const paths = {
  painel: 'M4 12 12 5l8 7M6 10.5V19h12v-8.5M10 19v-5h4v5',
  receitas: 'M6 4h10a2 2 0 0 1 2 2v14H8a2 2 0 0 1-2-2zM6 18a2 2 0 0 1 2-2h10M9.5 8h5M9.5 11h5',
  historico: 'M12 7v5l3 2M4.5 12a7.5 7.5 0 1 0 2.2-5.3L4.5 9M4.5 5v4h4',
  fila: 'M4 6h16M4 12h16M4 18h10',
  estoque: 'M8 4h8v3H8zM7 7h10c1 2 2 3 2 5v6a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2v-6c0-2 1-3 2-5zM5 13h14',
  dispensadores: 'M5 4h14v6H5zM8 10v3M12 10v3M16 10v3M4 20h16l-1.5-4h-13z',
  pessoas:
    'M9 11a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 9 11M3 19c0-3 2.7-5 6-5s6 2 6 5M16 5.2a3 3 0 0 1 0 5.6M17.5 14.4c2 .7 3.5 2.400 3.500 4.600',
  aprovacoes: 'M12 4l7 3v5c0 4-3 7-7 8-4-1-7-4-7-8V7zM9 12l2.200 2.200L15.200 10',
  saude: 'M3 12h4l2-5 4 10 2-5h6',
  auditoria: 'M6 4h9l3 3v13H6zM9 11h6M9 14h6M9 17h4',
  config: 'M5 7h8M17 7h2M5 17h2M11 17h8M13 7a2 2 0 1 0 4 0 2 2 0 0 0-4 0M7 17a2 2 0 1 0 4 0 2 2 0 0 0-4 0',
  conta: 'M12 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7M5 20c0-3.500 3-6 7-6s7 2.500 7 6',
  simulador: 'M9 3h6M10 3v6l-5 9a2 2 0 0 0 2 3h10a2 2 0 0 0 2-3l-5-9V3M7.500 15h9',
  mais: 'M5 12h.01M12 12h.01M19 12h.01',
  bell: 'M6 17h12c-1.500-1.500-1.500-3-1.500-6a4.500 4.500 0 0 0-9 0c0 3 0 4.500-1.500 6M10.500 20h3',
  stop: 'M8 3h8l5 5v8l-5 5H8l-5-5V8z',
  play: 'M8 5l11 7-11 7z',
  pause: 'M8 5v14M16 5v14',
  retry: 'M5 12a7 7 0 1 1 2 5M5 20v-4h4',
  close: 'M6 6l12 12M18 6 6 18',
  up: 'M12 19V5M6 11l6-6 6 6',
  down: 'M12 5v14M6 13l6 6 6-6',
  plus: 'M12 5v14M5 12h14',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  star: 'M12 4l2.400 5 5.600.700-4.100 3.800 1.100 5.500-5-2.800-5 2.800 1.100-5.500L4 9.700 9.600 9z',
  search: 'M11 17a6 6 0 1 0 0-12 6 6 0 0 0 0 12M15.500 15.500 20 20',
  print: 'M7 9V4h10v5M7 17H4v-8h16v8h-3M7 14h10v6H7z',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  edit: 'M5 19l1-4L16 5l3 3L9 18z',
  warn: 'M12 4 2.500 20h19zM12 10v4M12 17h.01',
  ok: 'M5 12.500l4.500 4.500L19 7',
  bad: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M9 9l6 6M15 9l-6 6',
  info: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 11v5M12 8h.01',
  offline:
    'M4 4l16 16M8.500 14.500a5 5 0 0 1 5-1.200M5 11a10 10 0 0 1 4-2.500M19 11a10 10 0 0 0-6.500-2.900M12 19h.01',
  wait: 'M7 4h10M7 20h10M8 4c0 5 8 5 8 8s-8 3-8 8M16 4c0 5-8 5-8 8s8 3 8 8',
  key: 'M14 10a4 4 0 1 0-3.500 4L12 15.500h2V18h2.500v2.500H20V17l-6-5',
  logout: 'M14 5H6v14h8M11 12h9M17 9l3 3-3 3',
  chevron: 'M9 5l7 7-7 7',
} as const;
export type IconName = keyof typeof paths;

export function Icon({ name, filled }: { name: IconName; filled?: boolean }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill={filled ? 'currentColor' : 'none'}>
      <path
        d={paths[name]}
        stroke="currentColor"
        stroke-width="1.8"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
