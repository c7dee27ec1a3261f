import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Limits } from './limits.js';
import { rawAnswer } from './raw-answer.js';

/** One connection and what it is doing. */
interface Connection {
  /** Address of the other end. */
  readonly client: string;
  /** Whether a request on it carried the token. */
  trusted: boolean;
  /** Answers that are not complete yet. */
  readonly answers: Set<ServerResponse>;
}

/**
 * The open connections, kept within limits: whoever has no token can't keep out those who have one, and all
 * together can't use up the files that this process may open.
 */
export class Connections {
  readonly #limits: Limits;
  /** The oldest comes first. */
  readonly #open = new Map<Socket, Connection>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** A connection came: it is refused (503) when there are too many, or takes the place of one without the token. */
  add(socket: Socket): void {
    const client = socket.remoteAddress ?? '';
    const sameClient = this.#count((other) => other.client === client);
    const { connections, perClient, newcomers } = this.#limits;
    const full = this.#open.size >= connections || sameClient >= perClient;
    if (full || this.#count(({ trusted }) => !trusted) >= newcomers) {
      const evicted = this.#evictable(sameClient >= perClient ? client : undefined);
      if (evicted === undefined) {
        refuse(socket, 'there are too many connections; try again soon');
        return;
      }
      this.#open.delete(evicted);
      evicted.destroy();
    }
    this.#open.set(socket, { client, trusted: false, answers: new Set() });
    socket.once('close', () => this.#open.delete(socket));
  }

  /** A request on the connection carried the token. */
  trust(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) connection.trusted = true;
  }

  /** A request came; false when too many of its connection wait already. */
  begin(socket: Socket, answer: ServerResponse): boolean {
    const answers = this.#open.get(socket)?.answers;
    if (answers === undefined) return true; // it is closed
    if (answers.size >= this.#limits.pipelined) return false;
    answers.add(answer);
    answer.once('close', () => answers.delete(answer));
    return true;
  }

  /** Whether an answer is on its way, so that nothing else can be said on the connection. */
  isAnswering(socket: Socket): boolean {
    return [...(this.#open.get(socket)?.answers ?? [])].some(({ headersSent }) => headersSent);
  }

  #count(matches: (connection: Connection) => boolean): number {
    let count = 0;
    for (const connection of this.#open.values()) if (matches(connection)) count++;
    return count;
  }

  /** The oldest connection without the token, of `client` or else of the client that has most of them. */
  #evictable(client: string | undefined): Socket | undefined {
    const byClient = new Map<string, Socket[]>();
    for (const [socket, { client: other, trusted }] of this.#open)
      if (!trusted) byClient.set(other, [...(byClient.get(other) ?? []), socket]);
    if (client !== undefined) return byClient.get(client)?.[0];
    return [...byClient.values()].sort((a, b) => b.length - a.length)[0]?.[0];
  }
}

function refuse(socket: Socket, message: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(rawAnswer(503, 'too_many_connections', message), () => socket.destroy());
}
