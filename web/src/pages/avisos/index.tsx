import { t } from '../../i18n/t.ts';
import { Page } from '../../ui/page.tsx';
import { NoticeList } from './list.tsx';
import { Preferences } from './preferences.tsx';

/** Everything one was told in thirty days, and how one wants to be told. */
export default function Avisos() {
  return (
    <Page title={t('nav.avisos')}>
      <section class="card">
        <NoticeList />
      </section>
      <Preferences />
    </Page>
  );
}
