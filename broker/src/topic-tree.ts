/**
 * Values under topics or filters, one tree node per level, so that a question walks only the levels it
 * names. Two questions: which stored topics does a filter match (retained messages), and which stored
 * filters match a topic (subscriptions of sessions).
 */
interface Node<T> {
  value: T | undefined;
  /** Values in this node and below it. */
  count: number;
  children: Map<string, Node<T>> | undefined;
}

const newNode = <T>(): Node<T> => ({ value: undefined, count: 0, children: undefined });

export class TopicTree<T extends object> {
  #root: Node<T> = newNode();
  /** The nodes that hold a value, by name: most questions are about one name that is there. */
  readonly #named = new Map<string, Node<T>>();

  get size(): number {
    return this.#root.count;
  }

  get(name: string): T | undefined {
    return this.#named.get(name)?.value;
  }

  /** How many values lie at this name or below it. */
  countUnder(name: string): number {
    return this.#find(name)?.count ?? 0;
  }

  set(name: string, value: T): void {
    const there = this.#named.get(name);
    if (there) {
      there.value = value;
      return;
    }
    const path = [this.#root];
    let node = this.#root;
    for (const level of name.split('/')) {
      node.children ??= new Map();
      let child = node.children.get(level);
      if (!child) node.children.set(level, (child = newNode()));
      path.push((node = child));
    }
    for (const passed of path) passed.count++;
    node.value = value;
    this.#named.set(name, node);
  }

  /** Removes a value and every node that is empty without it. */
  delete(name: string): boolean {
    if (!this.#named.delete(name)) return false;
    const levels = name.split('/');
    let node = this.#root;
    const path = [node];
    for (const level of levels) {
      node = node.children?.get(level) as Node<T>;
      path.push(node);
    }
    node.value = undefined;
    for (const passed of path) passed.count--;
    for (let i = levels.length; i > 0 && path[i]?.count === 0; i--) {
      const parent = path[i - 1] as Node<T>;
      parent.children?.delete(levels[i - 1] as string);
      if (parent.children?.size === 0) parent.children = undefined;
    }
    return true;
  }

  /** The values whose names this filter matches, as they are now. */
  matching(filter: string): T[] {
    const found: T[] = [];
    collect(this.#root, filter.split('/'), 0, found);
    return found;
  }

  /** The values stored under a filter that matches this topic. */
  matchedBy(topic: string): T[] {
    if (this.#root.count === 0) return [];
    const found: T[] = [];
    collectFilters(this.#root, topic.split('/'), 0, found);
    return found;
  }

  #find(name: string): Node<T> | undefined {
    let node: Node<T> | undefined = this.#root;
    for (const level of name.split('/')) {
      node = node.children?.get(level);
      if (!node) return undefined;
    }
    return node;
  }
}

function collect<T>(node: Node<T>, levels: readonly string[], at: number, found: T[]): void {
  if (at === levels.length) {
    if (node.value !== undefined) found.push(node.value);
    return;
  }
  const level = levels[at] as string;
  if (level === '#') collectAll(node, found);
  else if (level === '+')
    for (const child of node.children?.values() ?? []) collect(child, levels, at + 1, found);
  else {
    const child = node.children?.get(level);
    if (child) collect(child, levels, at + 1, found);
  }
}

function collectAll<T>(node: Node<T>, found: T[]): void {
  if (node.value !== undefined) found.push(node.value);
  for (const child of node.children?.values() ?? []) collectAll(child, found);
}

function collectFilters<T>(node: Node<T>, levels: readonly string[], at: number, found: T[]): void {
  const rest = node.children?.get('#');
  if (rest?.value !== undefined) found.push(rest.value);
  if (at === levels.length) {
    if (node.value !== undefined) found.push(node.value);
    return;
  }
  const exact = node.children?.get(levels[at] as string);
  if (exact) collectFilters(exact, levels, at + 1, found);
  const any = node.children?.get('+');
  if (any) collectFilters(any, levels, at + 1, found);
}
