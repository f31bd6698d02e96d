let isTiming = false;

/**
 * Runs `draw` and tells how long the page was busy with it: its scripts, and the frame that showed it. Tells
 * nothing while the tab is hidden, because then there are no frames.
 */
export function timeDrawing(draw: () => void, tell: (ms: number) => void): void {
  if (isTiming) {
    draw();
    return;
  }
  isTiming = true;
  let scriptMs = 0;
  // Asked for before drawing, so that it runs before the components, which are drawn in the same frame.
  requestAnimationFrame(() => {
    const frameAt = performance.now();
    setTimeout(() => {
      isTiming = false;
      tell(scriptMs + performance.now() - frameAt);
    });
  });
  const at = performance.now();
  draw();
  scriptMs = performance.now() - at;
}
