import { afterAll, describe, expect, it } from 'vitest';
import { builtExamples, DaemonRig, type SentEvent } from './daemon-rig.js';
import { ProvisioningRig } from './provisioning-rig.js';

/** Each stream of each attempt as a client has it that takes of each piece only what is new to it. */
class Heard {
  readonly #texts = new Map<string, string>();
  readonly #seen = new Map<string, number>();
  /** Pieces of which nothing was new. */
  known = 0;

  take({ type, data }: SentEvent): void {
    if (type !== 'task.output') return;
    const { task, stream, text, offset, bytes } = data as Record<string, string> &
      Record<'offset' | 'bytes', number>;
    const name = `${task} ${stream}`;
    const seen = this.#seen.get(name) ?? 0;
    if (offset > seen) throw new Error(`nothing was heard of ${name} from ${seen} to ${offset}`);
    if (offset + bytes <= seen) this.known++;
    const fresh = Buffer.from(text ?? '')
      .subarray(seen - offset)
      .toString();
    this.#texts.set(name, this.text(task ?? '', stream ?? '') + fresh);
    this.#seen.set(name, Math.max(seen, offset + bytes));
  }

  text(task: string, stream: string): string {
    return this.#texts.get(`${task} ${stream}`) ?? '';
  }
}

describe('a client that comes back to a daemon that was killed', () => {
  const built = builtExamples();
  const rig = new ProvisioningRig();
  const daemon = new DaemonRig(built, rig);
  afterAll(async () => {
    await daemon.end('SIGKILL');
    rig.remove();
  });

  it('hears what tasks print whole, and by their offsets nothing twice', async () => {
    rig.infra('{provider: local, delay: {create-vm: 2sec}}');
    await daemon.start();
    const id = await daemon.submit('servers/create', { name: 'heard' });
    const heard = new Heard();
    let last = 0;
    const follow = async (until: (event: SentEvent) => boolean): Promise<void> => {
      for await (const event of daemon.events(id, last)) {
        heard.take(event);
        last = event.id ?? last;
        if (until(event)) return;
      }
    };
    // What tasks printed before anybody listened is in their logs.
    let server = '';
    await follow(({ data }) => {
      if (data.text === 'create-vm heard\n') server = String(data.task);
      return server !== '';
    });
    await daemon.end('SIGKILL');
    await daemon.start();
    await follow(() => false);

    const run = await (await daemon.fetch(`/workflows/${id}`)).json();
    expect(run).toMatchObject({ status: 'succeeded' });
    const log = await daemon.fetch(`/workflows/${id}/tasks/${server}/log?stream=stderr`);
    expect(await log.text()).toBe('create-vm heard\n');
    expect(heard.text(server, 'stderr')).toBe('create-vm heard\n');
    expect(heard.known).toBe(1);
  });
});
