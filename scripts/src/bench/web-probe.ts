/**
 * What runs inside the page, as text: the bench is compiled for Node and knows no DOM. It stands at
 * `globalThis.probe` from the first script of every document.
 *
 * - `ticks`      the first time each `ol.items` row showed one and two ticks, in epoch ms, taken in the frame
 *                after the change was drawn
 * - `freshAfter` ms from `link` open to the frame that shows a wanted text
 * - `watch`      frames and long tasks for so many seconds
 */
export const probe = `
globalThis.probe = (() => {
  const epoch = () => performance.timeOrigin + performance.now();
  // A frame callback runs before its frame is drawn; a task posted from it runs after.
  const drawn = (fn) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => fn(epoch());
    port2.postMessage(0);
  });
  const ticks = {};
  const look = () => {
    for (const [row, li] of [...document.querySelectorAll('ol.items > li')].entries()) {
      const tick = li.querySelector('.tick');
      if (!tick) continue;
      const marks = tick.querySelectorAll('path').length;
      for (let n = 1; n <= marks; n++) {
        const key = (row + 1) + '/' + n;
        if (key in ticks) continue;
        ticks[key] = null;
        drawn((at) => (ticks[key] = at));
      }
    }
  };
  document.addEventListener('DOMContentLoaded', () =>
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true, characterData: true }));
  const freshAfter = (selector, was) => new Promise((resolve) => {
    let opened;
    yaguts.live.on('link', ({ state }) => { if (state === 'open') opened ??= epoch(); });
    const frame = () => {
      const text = document.querySelector(selector)?.textContent;
      if (opened !== undefined && text !== undefined && text !== was) drawn((at) => resolve(at - opened));
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const watch = (seconds) => new Promise((resolve) => {
    const longTasks = [];
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longTasks.push(duration);
    });
    observer.observe({ type: 'longtask' });
    const startedAt = performance.now();
    let frames = 0;
    const frame = () => {
      const ms = performance.now() - startedAt;
      if (ms < seconds * 1000) {
        frames++;
        requestAnimationFrame(frame);
        return;
      }
      observer.disconnect();
      resolve({ perSecond: frames / (ms / 1000), longTasks });
    };
    requestAnimationFrame(frame);
  });
  return { ticks, freshAfter, watch };
})();
`;
