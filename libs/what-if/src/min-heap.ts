/** A binary heap: `take` gives the least first. Equal items come in no promised order. */
export class MinHeap<T> {
  private readonly items: T[] = [];

  constructor(private readonly isLess: (one: T, other: T) => boolean) {}

  get size(): number {
    return this.items.length;
  }

  peek(): T | undefined {
    return this.items[0];
  }

  put(item: T): void {
    const { items } = this;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !this.isLess(item, parent)) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  take(): T | undefined {
    const { items } = this;
    const [first] = items;
    const last = items.pop();
    if (last !== undefined && items.length > 0) this.sink(last);
    return first;
  }

  private sink(item: T): void {
    const { items } = this;
    let at = 0;
    for (;;) {
      const below = this.lesserChild(at);
      const child = items[below];
      if (child === undefined || !this.isLess(child, item)) break;
      items[at] = child;
      at = below;
    }
    items[at] = item;
  }

  private lesserChild(at: number): number {
    const left = 2 * at + 1;
    const [one, other] = [this.items[left], this.items[left + 1]];
    return one !== undefined && other !== undefined && this.isLess(other, one) ? left + 1 : left;
  }
}
