import type { DeviceState } from '@yaguts/shared';
import { ago } from '../i18n/numbers.ts';
import { t } from '../i18n/t.ts';
import { isFresh, type Light, now } from '../store/conn.ts';
import { Dot } from './lights.tsx';

/** The third light: a device by its presence, with its age once it is silent. */
export function DeviceLight({
  device,
}: {
  device: Pick<DeviceState, 'presence' | 'desde' | 'visto_em' | 'job'>;
}) {
  const isOnline = device.presence === 'online';
  const light: Light = !isFresh.value ? 'off' : isOnline ? 'ok' : device.presence === 'never' ? 'off' : 'bad';
  const word = isOnline
    ? device.job?.status === 'running'
      ? t('disp.dispensando')
      : t('disp.pronto')
    : t(
        device.presence === 'never'
          ? 'disp.nunca'
          : device.presence === 'lost'
            ? 'disp.perdido'
            : 'disp.offline',
      );
  const since = device.visto_em ?? device.desde;
  return (
    <span class={`light ${light}`}>
      <Dot light={light} />
      {word}
      {!isOnline && since !== null && ` ${ago(now.value - since)}`}
    </span>
  );
}

/** A device can be asked for something only while it is there and what we see is fresh. */
export const canOperate = (device: Pick<DeviceState, 'presence'> | undefined): boolean =>
  isFresh.value && device?.presence === 'online';
