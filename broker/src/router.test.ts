import { expect, test } from 'vitest';
import { Router } from './router.ts';

const hear = (heard: string[], name: string) => (message: { topic: string }, done: () => void) => {
  heard.push(`${name} ${message.topic}`);
  done();
};

test('everybody whose filter matches is called, also one who came after the topic was looked up', () => {
  const router = new Router();
  const heard: string[] = [];
  router.on('a/+', hear(heard, 'first'));
  router.emit({ topic: 'a/b' });
  router.on('#', hear(heard, 'second'));
  router.emit({ topic: 'a/b' });
  expect(heard.sort()).toEqual(['first a/b', 'first a/b', 'second a/b']);
});

test('one who has left is not called', () => {
  const router = new Router();
  const heard: string[] = [];
  const first = hear(heard, 'first');
  router.on('a', first).on('a', hear(heard, 'second'));
  router.emit({ topic: 'a' });
  router.removeListener('a', first);
  router.emit({ topic: 'a' });
  expect(heard).toEqual(['first a', 'second a', 'second a']);
});

test('a message is done when the last of its listeners is, and at once when there is none', () => {
  const router = new Router();
  const waiting: (() => void)[] = [];
  const later = (_message: { topic: string }, done: () => void) => void waiting.push(done);
  router.on('a', later).on('+', (message: { topic: string }, done: () => void) => later(message, done));
  let count = 0;
  router.emit({ topic: 'a' }, () => count++);
  waiting[0]?.();
  expect(count).toBe(0);
  waiting[1]?.();
  expect(count).toBe(1);
  router.emit({ topic: 'a/nobody' }, () => count++);
  expect(count).toBe(2);
});

test('more topics than are remembered still find their listeners', () => {
  const router = new Router();
  const heard: string[] = [];
  router.on('t/#', hear(heard, '-'));
  for (let i = 0; i < 3_000; i++) router.emit({ topic: `t/${i}` });
  expect(heard).toHaveLength(3_000);
});
