/** Topic names and filters, strictly by the grammar of MQTT 3.1.1, section 4.7. */

/** Bytes a topic or filter may have; the table's longest is under 200. */
const maxTopicBytes = 512;

// [MQTT-1.5.3-2]: no U+0000. U+FFFD is what a lenient decoder makes of invalid UTF-8 [MQTT-1.5.3-1], and
// control characters have no business in a log line.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const unclean = /[\u0000-\u001f\u007f-\u009f\ufffd-\uffff]/;

/**
 * Whether a text that came off the wire was valid UTF-8 and holds nothing that must not travel.
 *
 * @param maxBytes the longest it may be, in UTF-8 bytes
 */
export function isCleanText(text: string, maxBytes: number): boolean {
  return text.length <= maxBytes && !unclean.test(text) && Buffer.byteLength(text) <= maxBytes;
}

/** A topic one may publish to: not empty, no wildcard [MQTT-3.3.2-2], not of the broker's own `$` tree. */
export function isTopicName(name: string): boolean {
  return name !== '' && !name.startsWith('$') && !/[#+]/.test(name) && isCleanText(name, maxTopicBytes);
}

/**
 * A filter one may subscribe to: `#` alone in the last level [MQTT-4.7.1-2], `+` alone in its level
 * [MQTT-4.7.1-3], nothing under `$`, so neither `$SYS` nor `$share`.
 */
export function isTopicFilter(filter: string): boolean {
  if (filter === '' || filter.startsWith('$') || !isCleanText(filter, maxTopicBytes)) return false;
  const levels = filter.split('/');
  return levels.every(
    (level, i) => !/[#+]/.test(level) || level === '+' || (level === '#' && i === levels.length - 1),
  );
}

/** Whether a filter matches a topic; both must be well formed. `a/#` matches `a` as well [MQTT-4.7.1-2]. */
export function filterMatches(filter: string, topic: string): boolean {
  const want = filter.split('/');
  const got = topic.split('/');
  for (let i = 0; i < want.length; i++) {
    if (want[i] === '#') return got.length >= i;
    if (i >= got.length || (want[i] !== '+' && want[i] !== got[i])) return false;
  }
  return want.length === got.length;
}
