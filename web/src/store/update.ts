import { signal } from '@preact/signals';

/** The platform runs another version than this page: "Atualizar" is offered, never done by itself mid-job. */
export const updateReady = signal(false);

/** "Tentar agora": heard by the live chunk, wherever the button stands. */
export const retryNow = (): boolean => dispatchEvent(new Event('yaguts:retry'));
