import { matchTopic, type TopicMatch } from '@yaguts/shared';

let lastTopic = '';
let lastMatch: TopicMatch | undefined;

/**
 * `matchTopic`, remembering its last answer: one message is asked about several times on its way in and
 * once for every subscriber on its way out.
 */
export function lookUp(topic: string): TopicMatch | undefined {
  if (topic !== lastTopic) {
    lastMatch = matchTopic(topic);
    lastTopic = topic;
  }
  return lastMatch;
}
