import { commandRefusals, entryErrorCodes, offerRefusals, startRefusals } from './errors.ts';
import { limits } from './limits.ts';
import { commandOps, logLevels } from './messages/device.ts';
import { type TopicKey, type TopicRow, topicKeys, topicRoot, topics } from './topics.ts';

/** Where the rendered header lives, from the root of the repository. */
export const firmwareHeaderPath = 'firmware/dispenser/src/contract.h';

/** The numbers a device obeys; the others of `limits` are not its business. */
const deviceLimits = [
  'maxStepMs',
  'maxItens',
  'maxFrascos',
  'maxJobBytes',
  'maxConfigBytes',
  'maxEntryBytes',
  'maxErrorChars',
  'maxNomeBytes',
  'maxIdChars',
  'tokenHexChars',
  'reportRetryMs',
  'ringJobs',
  'deviceKeepaliveS',
  'progressPerSecond',
  'telemetryS',
  'cancelWithinMs',
  'recentCommands',
] as const satisfies readonly (keyof typeof limits)[];

/**
 * Renders the topic table, the limits and the codes as the one header the firmware compiles. Pure: the same
 * tables give the same bytes, and a test compares them with the committed file.
 *
 * @returns C++17 source text ending in a newline
 */
export function renderFirmwareHeader(): string {
  const rows = deviceRows();
  // `ack` first: it is what frees flash, so it should not wait behind seven other SUBSCRIBEs.
  const subscriptions = rows
    .filter((key) => topics[key].from === 'api' && !readsAs(key, 'claim'))
    .sort((a, b) => Number(b === 'jobAck') - Number(a === 'jobAck'));

  return [
    '// Generated from shared/src by `npm run contract`. Do not edit: a test compares it with its source.',
    '#pragma once',
    '',
    '#include <cstddef>',
    '#include <cstdint>',
    '',
    'namespace yaguts {',
    'namespace contract {',
    '',
    'enum class Publisher : uint8_t { device, api, claim };',
    '// state: always retained. until_acked: retained by the device, cleared by the api after its ack.',
    'enum class Retain : uint8_t { never, state, until_acked };',
    '',
    '// One row of the topic table. The {levels} of a pattern are filled in by core/topics.h.',
    'struct Row {',
    '  const char* pattern;',
    '  Publisher publisher;',
    '  uint8_t qos;',
    '  Retain retain;',
    '  uint16_t max_bytes;',
    '};',
    '',
    'enum Topic : uint8_t {',
    ...rows.map((key) => `  ${cppTopic(key)},`),
    '  kTopicCount,',
    '};',
    '',
    'inline constexpr Row kTopics[kTopicCount] = {',
    ...rows.flatMap((key) => [`    // ${topics[key].purpose}`, `    ${cppRow(topics[key])},`]),
    '};',
    '',
    '// What a device subscribes to: `+` for every level but org and device.',
    'inline constexpr Topic kSubscriptions[] = {',
    ...subscriptions.map((key) => `    ${cppTopic(key)},`),
    '};',
    `constexpr size_t kSubscriptionCount = ${subscriptions.length};`,
    '',
    ...deviceLimits.map((name) => `constexpr uint32_t ${upperSnake(name)} = ${limits[name]};`),
    `inline constexpr uint32_t REPORT_SCHEDULE_S[] = {${limits.reportScheduleS.join(', ')}};`,
    '',
    '// What `error` of an entry begins with.',
    ...cppCodes('EntryCode', 'kEntryCodes', entryErrorCodes),
    '// Why the device does not take an offer.',
    ...cppCodes('OfferRefusal', 'kOfferRefusals', offerRefusals),
    '// Why the api gives no leave to start.',
    ...cppCodes('StartRefusal', 'kStartRefusals', startRefusals),
    '// Why the device refuses a command or a cancel.',
    ...cppCodes('CommandRefusal', 'kCommandRefusals', commandRefusals),
    '// The level {op} of cmd.',
    ...cppCodes('Command', 'kCommands', commandOps),
    '// The level {level} of log.',
    ...cppCodes('LogLevel', 'kLogLevels', logLevels),
    '}  // namespace contract',
    '}  // namespace yaguts',
    '',
  ].join('\n');
}

const readsAs = (key: TopicKey, reader: TopicRow['readers'][number]): boolean =>
  (topics[key] as TopicRow).readers.includes(reader);

/** Rows a device publishes or reads, those of a claim included: the board speaks them before it has a name. */
function deviceRows(): TopicKey[] {
  return topicKeys.filter((key) => {
    const { from } = topics[key];
    if (from === 'device' || from === 'claim') return true;
    return (
      from === 'api' && (['device', 'everyone', 'claim'] as const).some((reader) => readsAs(key, reader))
    );
  });
}

const cppTopic = (key: TopicKey): string => `k${key.charAt(0).toUpperCase()}${key.slice(1)}`;

const cppRow = (row: TopicRow): string =>
  `{"${topicRoot}/${row.pattern}", Publisher::${row.from}, ${row.qos}, Retain::${row.retain}, ${row.maxBytes}}`;

const upperSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** An enum whose value is the index of its word; 0 is `none`, the empty word. */
const cppCodes = (type: string, names: string, codes: readonly string[]): string[] => [
  `enum class ${type} : uint8_t { ${['none', ...codes].join(', ')} };`,
  `inline constexpr const char* ${names}[] = {${['', ...codes].map((code) => `"${code}"`).join(', ')}};`,
  `constexpr size_t ${names}Count = ${codes.length + 1};`,
  '',
];
