import { useRoute } from 'preact-iso/router';
import { t } from '../../i18n/t.ts';
import { Page } from '../../ui/page.tsx';
import { Part } from '../../ui/states.tsx';
import { useEstoque, useJob } from '../../ui/use-job.ts';
import { ExecutionView } from './view.tsx';

export default function Execucao() {
  const id = Number(useRoute().params.id);
  const { job, status, again } = useJob(id);
  useEstoque();
  return (
    <Page title={job ? `${job.receita} #${id}` : t('exec.titulo', { n: String(id) })}>
      <Part status={status.value} has={job !== undefined} again={again} rows={5}>
        {job && (
          <div class="card">
            <ExecutionView job={job} />
          </div>
        )}
      </Part>
    </Page>
  );
}
