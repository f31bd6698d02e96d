/** Runs `fn` once after `ms`. @returns the function that calls it off */
export const setTimer = (fn: () => void, ms: number): (() => void) => {
  const id = setTimeout(fn, ms);
  return () => clearTimeout(id);
};
