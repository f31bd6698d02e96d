import * as v from 'valibot';
import { expect, test } from 'vitest';
import { channelsOf, isQuiet, isWanted } from './events.ts';
import { NoticePrefs, standardPrefs } from './notices.ts';

const at = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

test('what needs somebody reaches everybody, the daily running nobody, and integrations are heard', () => {
  expect(channelsOf(standardPrefs, 'permission:pending')).toContain('som');
  expect(channelsOf(standardPrefs, 'task:created')).toEqual([]);
  expect(channelsOf(standardPrefs, 'agent:execution:complete')).toEqual([]);
  expect(channelsOf(standardPrefs, 'pedido:novo')).toEqual(['central', 'aviso']);
});

test("a person's own word counts for the event it names and for no other", () => {
  const prefs: NoticePrefs = { eventos: { 'device:alert': [], 'task:created': ['central'] }, silencio: null };
  expect(channelsOf(prefs, 'device:alert')).toEqual([]);
  expect(channelsOf(prefs, 'task:created')).toEqual(['central']);
  expect(channelsOf(prefs, 'estoque:low')).toEqual(['central', 'aviso']);
  expect(channelsOf(prefs, 'toString')).toEqual(['central', 'aviso']);
});

test('quiet hours may go over midnight and silence sounds and notices, never the list', () => {
  const prefs: NoticePrefs = { eventos: {}, silencio: { de: '22:00', ate: '06:30' } };
  for (const time of ['22:00', '23:59', '00:00', '06:29']) expect(isQuiet(prefs, at(time)), time).toBe(true);
  for (const time of ['06:30', '12:00', '21:59']) expect(isQuiet(prefs, at(time)), time).toBe(false);
  expect(isWanted(prefs, 'device:alert', 'som', at('23:00'))).toBe(false);
  expect(isWanted(prefs, 'device:alert', 'som', at('12:00'))).toBe(true);
  expect(isWanted(prefs, 'device:alert', 'central', at('23:00'))).toBe(true);
  const lunch: NoticePrefs = { eventos: {}, silencio: { de: '12:00', ate: '13:00' } };
  expect([at('11:59'), at('12:00'), at('13:00')].map((minute) => isQuiet(lunch, minute))).toEqual([
    false,
    true,
    false,
  ]);
});

test('a time that no clock shows and a channel that does not exist are refused', () => {
  const ok = (value: unknown) => v.safeParse(NoticePrefs, value).success;
  expect(ok({ eventos: { 'device:alert': ['som'] }, silencio: null })).toBe(true);
  expect(ok({ eventos: {}, silencio: { de: '24:00', ate: '06:00' } })).toBe(false);
  expect(ok({ eventos: { 'device:alert': ['pombo'] }, silencio: null })).toBe(false);
  expect(ok({ eventos: { 'Not A Type': ['som'] }, silencio: null })).toBe(false);
});
