/** What the address bar of the history holds; the names are the api's own, so a link explains itself. */
export const filterNames = [
  'de',
  'ate',
  'device',
  'status',
  'metodo',
  'user',
  'receita',
  'tempero',
  'sort',
  'ordem',
] as const;
export type HistoryFilters = { readonly [Name in (typeof filterNames)[number]]?: string };

/** The filters of a query; names we do not know are left out (the api would refuse them). */
export function filtersIn(query: Readonly<Record<string, string | undefined>>): HistoryFilters {
  return Object.fromEntries(filterNames.flatMap((name) => (query[name] ? [[name, query[name]]] : [])));
}

/** The query text after a change; an empty value takes a filter away. */
export function withFilters(filters: HistoryFilters, change: HistoryFilters): string {
  const search = new URLSearchParams();
  for (const name of filterNames) {
    const value = name in change ? change[name] : filters[name];
    if (value) search.set(name, value);
  }
  return search.size > 0 ? `?${search}` : '';
}
