import { t } from '../../i18n/t.ts';
import { Page } from '../../ui/page.tsx';
import { AuditTrail } from './trail.tsx';

export default function Auditoria() {
  return (
    <Page title={t('nav.auditoria')}>
      <AuditTrail chain="/api/audit" />
    </Page>
  );
}
