type Listener = (event: object) => void;

/** As much of an element as the script of a timeline uses. */
class FakeElement {
  textContent = '';
  value = '';
  type = '';
  scrollTop = 0;
  readonly clientHeight = 600;
  readonly clientWidth = 972;
  readonly style: Record<string, string> = {};
  children: FakeElement[] = [];
  private readonly listeners = new Map<string, Listener[]>();

  constructor(private readonly pen: object) {}

  addEventListener(name: string, listener: Listener): void {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }

  fire(name: string, event: object = {}): void {
    for (const listener of this.listeners.get(name) ?? []) listener({ preventDefault: () => undefined, ...event });
  }

  append(...children: FakeElement[]): void {
    this.children.push(...children);
  }

  replaceChildren(...children: FakeElement[]): void {
    this.children = children;
  }

  getContext = (): object => this.pen;
  setAttribute = (): void => undefined;
  setPointerCapture = (): void => undefined;
}

/** A browser, as far as a timeline needs one: what is drawn on its canvas can be read. */
export class Page {
  readonly script: string;
  readonly drawn: { marks: { x: number; y: number; colour: string }[]; texts: string[] } = { marks: [], texts: [] };
  readonly globals: Record<string, unknown>;
  private readonly elements = new Map<string, FakeElement>();
  private readonly pen: Record<string, unknown>;
  private frames: (() => void)[] = [];

  constructor(html: string) {
    this.script = /<script>([^]*?)<\/script>/.exec(html)?.[1] ?? '';
    const nothing = (): void => undefined;
    const names = [
      'scale',
      'save',
      'restore',
      'beginPath',
      'rect',
      'clip',
      'moveTo',
      'lineTo',
      'stroke',
      'strokeRect',
      'strokeText',
    ];
    this.pen = {
      ...Object.fromEntries(names.map((name) => [name, nothing])),
      clearRect: () => this.drawn.marks.splice(0) && this.drawn.texts.splice(0),
      fillRect: (x: number, y: number) => this.drawn.marks.push({ x, y, colour: String(this.pen['fillStyle']) }),
      measureText: (text: string) => ({ width: text.length * 6 }),
      fillText: (text: string) => this.drawn.texts.push(text),
    };
    this.element('trace').textContent =
      /<script type="application\/json" id="trace">([^]*?)<\/script>/.exec(html)?.[1] ?? '';
    const window = { devicePixelRatio: 2 };
    const query = { matches: true, addEventListener: nothing };
    this.globals = {
      ...{ window, addEventListener: nothing, matchMedia: () => query },
      getComputedStyle: () => ({ getPropertyValue: () => ' #888' }),
      requestAnimationFrame: (draw: () => void) => this.frames.push(draw),
      document: {
        documentElement: {},
        getElementById: (id: string) => this.element(id),
        createElement: () => new FakeElement(this.pen),
      },
    };
  }

  element(id: string): FakeElement {
    const element = this.elements.get(id) ?? new FakeElement(this.pen);
    this.elements.set(id, element);
    return element;
  }

  /** Draws what was asked for. */
  frame(): void {
    for (const draw of this.frames.splice(0)) draw();
  }
}
