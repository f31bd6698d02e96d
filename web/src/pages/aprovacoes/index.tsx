import { t } from '../../i18n/t.ts';
import { can } from '../../store/session.ts';
import { Page } from '../../ui/page.tsx';
import { Forbidden } from '../../ui/states.tsx';
import { ApprovalList } from './list.tsx';

export default function Aprovacoes() {
  return <Page title={t('nav.aprovacoes')}>{can('jobs:approve') ? <ApprovalList /> : <Forbidden />}</Page>;
}
