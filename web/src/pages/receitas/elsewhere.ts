import { prefs } from '../../store/prefs.ts';

let lastY = 0;
addEventListener('pointerdown', ({ clientY }: PointerEvent) => (lastY = clientY), {
  capture: true,
  passive: true,
});

/**
 * On a kiosk the confirmation stands in the half of the screen that was not just tapped: a wet hand that taps
 * twice starts nothing.
 */
export const isConfirmedAbove = (): boolean => prefs.value.kiosk && lastY > innerHeight / 2;
