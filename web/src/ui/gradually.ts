import { useEffect, useState } from 'preact/hooks';

/**
 * How many of a long list are drawn now: `step` in the first frame, as many more in each that follows. A slow
 * phone can be touched in between, where drawing all at once would hold it for a fifth of a second. What stands
 * below the list is drawn after it, or it would be pushed away.
 */
export function useGradually(total: number, step: number): number {
  const [drawn, setDrawn] = useState(step);
  useEffect(() => {
    if (drawn < total) setDrawn(drawn + step);
  }, [drawn, total]);
  return Math.min(drawn, total);
}
