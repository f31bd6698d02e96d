import { jobMetodos, jobStatuses } from '@yaguts/shared';
import { t, word } from '../../i18n/t.ts';
import { devices } from '../../store/kitchen.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import { jobWord } from '../../ui/job.ts';
import type { HistoryFilters } from './query.ts';

interface Props {
  readonly filters: HistoryFilters;
  readonly onChange: (change: HistoryFilters) => void;
}

/** The common filters stand open, the rest behind "mais filtros"; all live in the address bar. */
export function Filters({ filters, onChange }: Props) {
  const any = ['', t('hist.todos')] as const;
  const text = (name: 'user' | 'receita' | 'tempero', label: string) => (
    <TextField label={label} value={filters[name] ?? ''} onText={(value) => onChange({ [name]: value })} />
  );
  const day = (name: 'de' | 'ate', label: string) => (
    <TextField
      label={label}
      value={filters[name] ?? ''}
      onText={(value) => onChange({ [name]: value })}
      input={{ type: 'date' }}
    />
  );
  const isMore = Boolean(filters.metodo || filters.user || filters.receita || filters.tempero);
  return (
    <search class="card flat no-print">
      <div class="grid small">
        {day('de', t('hist.de'))}
        {day('ate', t('hist.ate'))}
        <SelectField
          label={t('hist.aparelho')}
          value={filters.device ?? ''}
          options={[any, ...devices.all.value.map((one) => [one.device, one.nome] as const)]}
          onValue={(device) => onChange({ device })}
        />
        <SelectField
          label={t('hist.situacao')}
          value={filters.status ?? ''}
          options={[any, ...jobStatuses.map((status) => [status, jobWord({ status }).text] as const)]}
          onValue={(status) => onChange({ status })}
        />
      </div>
      <details open={isMore}>
        <summary>{t('hist.mais')}</summary>
        <div class="grid small">
          <SelectField
            label={t('hist.metodo')}
            value={filters.metodo ?? ''}
            options={[any, ...jobMetodos.map((metodo) => [metodo, word('metodo', metodo)] as const)]}
            onValue={(metodo) => onChange({ metodo })}
          />
          {text('user', t('hist.pessoa'))}
          {text('receita', t('hist.receita'))}
          {text('tempero', t('receita.tempero'))}
        </div>
      </details>
    </search>
  );
}
