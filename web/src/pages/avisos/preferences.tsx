import { useSignal } from '@preact/signals';
import { channelsOf, type NoticeChannel, noticeChannels, platformEvents } from '@yaguts/shared';
import { notices } from '../../api/notices.ts';
import { t, word } from '../../i18n/t.ts';
import { useWatch } from '../../live/use-watch.ts';
import { noticePrefs } from '../../store/notice-prefs.ts';
import { useAct } from '../../ui/act.ts';
import { TextField } from '../../ui/field.tsx';
import { Fault, Part } from '../../ui/states.tsx';
import { TableFrame } from '../../ui/table-frame.tsx';
import { toast } from '../../ui/toast.tsx';

const events = platformEvents.filter((type) => type !== 'connected');

/** Event by channel, quiet hours, and the browser's leave to show notices. Each tick is stored at once. */
export function Preferences() {
  const act = useAct();
  const watched = useWatch('avisos-preferencias', () => ({
    filters: [],
    fetch: async () => {
      noticePrefs.value = await notices.prefs();
    },
  }));
  const it = noticePrefs.value;
  // The tick shows at once; it goes back when it could not be stored.
  const save = async (change: Partial<typeof it>): Promise<void> => {
    const before = noticePrefs.value;
    const wanted = { ...before, ...change };
    noticePrefs.value = wanted;
    const wentWell = await act.run(async () => {
      noticePrefs.value = await notices.savePrefs(wanted);
      toast(t('acao.salvo'));
    });
    if (!wentWell) noticePrefs.value = before;
  };
  const toggle = (type: string, channel: NoticeChannel, isOn: boolean) => {
    const now = channelsOf(it, type).filter((one) => one !== channel);
    void save({ eventos: { ...it.eventos, [type]: isOn ? [...now, channel] : [...now] } });
  };
  return (
    <details class="card">
      <summary>{t('aviso.preferencias')}</summary>
      <Part status={watched.status.value} has again={watched.again}>
        <p class="soft">{t('aviso.preferencias-texto')}</p>
        <TableFrame label={t('aviso.preferencias')}>
          <table>
            <thead>
              <tr>
                <th>{t('aviso.evento')}</th>
                {noticeChannels.map((channel) => (
                  <th key={channel}>{word('canal', channel)}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {events.map((type) => (
                <tr key={type}>
                  <th scope="row">{word('evento-nome', type)}</th>
                  {noticeChannels.map((channel) => (
                    <td key={channel}>
                      <input
                        type="checkbox"
                        aria-label={`${word('evento-nome', type)}: ${word('canal', channel)}`}
                        checked={channelsOf(it, type).includes(channel)}
                        disabled={act.isBusy.value}
                        onChange={(event) => toggle(type, channel, event.currentTarget.checked)}
                      />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </TableFrame>
        <QuietHours silencio={it.silencio} onSave={(silencio) => void save({ silencio })} />
        <BrowserLeave />
        {act.problem.value && <Fault problem={act.problem.value} />}
      </Part>
    </details>
  );
}

type Silencio = { de: string; ate: string } | null;

function QuietHours({ silencio, onSave }: { silencio: Silencio; onSave: (next: Silencio) => void }) {
  const de = useSignal(silencio?.de ?? '22:00');
  const ate = useSignal(silencio?.ate ?? '07:00');
  return (
    <fieldset class="stack">
      <legend>{t('aviso.silencio')}</legend>
      <label class="check">
        <input
          type="checkbox"
          checked={silencio !== null}
          onChange={(event) => onSave(event.currentTarget.checked ? { de: de.value, ate: ate.value } : null)}
        />
        {t('aviso.silencio-usar')}
      </label>
      <div class="row">
        <TextField
          label={t('aviso.silencio-de')}
          value={de.value}
          onText={(text) => (de.value = text)}
          input={{ type: 'time', required: true }}
        />
        <TextField
          label={t('aviso.silencio-ate')}
          value={ate.value}
          onText={(text) => (ate.value = text)}
          input={{ type: 'time', required: true }}
        />
        <button
          type="button"
          class="btn"
          disabled={silencio === null || !de.value || !ate.value}
          onClick={() => onSave({ de: de.value, ate: ate.value })}
        >
          {t('acao.salvar')}
        </button>
      </div>
    </fieldset>
  );
}

/** A browser shows notices only where it was asked to, by a tap. */
function BrowserLeave() {
  const leave = useSignal(typeof Notification === 'undefined' ? 'denied' : Notification.permission);
  if (leave.value === 'granted') return <p class="note ok">{t('aviso.navegador-sim')}</p>;
  if (leave.value === 'denied') return <p class="note">{t('aviso.navegador-nao')}</p>;
  return (
    <button
      type="button"
      class="btn"
      onClick={() => void Notification.requestPermission().then((answer) => (leave.value = answer))}
    >
      {t('aviso.navegador-pedir')}
    </button>
  );
}
