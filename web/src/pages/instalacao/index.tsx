import { t } from '../../i18n/t.ts';
import { session } from '../../store/session.ts';
import { Page } from '../../ui/page.tsx';
import { Forbidden } from '../../ui/states.tsx';
import { AuditTrail } from '../auditoria/trail.tsx';
import { Operators } from './operators.tsx';
import { Orgs } from './orgs.tsx';
import { OwnerLink } from './owner-link.tsx';

/** The installation as a whole, for who runs it: its organisations, its operators, its own acts. */
export default function Instalacao() {
  return (
    <Page title={t('nav.instalacao')}>
      {session.value?.plataforma ? (
        <>
          <Orgs />
          <Operators />
          <OwnerLink />
          <section class="stack">
            <h2>{t('inst.atos')}</h2>
            <p class="soft">{t('inst.atos-texto')}</p>
            <AuditTrail chain="/api/installation/audit" />
          </section>
        </>
      ) : (
        <Forbidden />
      )}
    </Page>
  );
}
