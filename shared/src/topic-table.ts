import { type Reader, topicKeys, topicRoot, topics } from './topics.ts';

const readerWords: Readonly<Record<Reader, string>> = {
  device: 'that device',
  people: 'people of the org',
  self: 'that person',
  everyone: 'everyone',
  claim: 'that claim',
  'topics:all': 'people with `topics:all`',
};
const publisherWords = { device: 'device', api: 'api', self: 'that person', claim: 'claim' } as const;
const retainWords = { never: 'no', state: 'yes', until_acked: 'until acked' } as const;

/**
 * The topic table as GitHub Markdown, for the README; a drift test compares it with what is committed.
 *
 * @returns lines joined by newlines, without one at the end
 */
export function renderTopicTable(): string {
  const rows = topicKeys.map((key) => {
    const row = topics[key];
    const readers =
      (row.readers as readonly Reader[]).map((reader) => readerWords[reader]).join(', ') || 'api';
    return `| \`${row.pattern}\` | ${publisherWords[row.from]} | ${readers} | ${row.qos} | ${retainWords[row.retain]} | ${row.purpose} |`;
  });
  return [
    `Every topic begins with \`${topicRoot}/\`.`,
    '',
    '| topic | from | read by | QoS | retained | purpose |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
