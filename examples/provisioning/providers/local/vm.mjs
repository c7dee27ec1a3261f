#!/usr/bin/env node
/**
 * A "virtual machine" of the local provider: a process that answers HTTP on a loopback port.
 *
 *   vm.mjs start DIR   brings the server in DIR up and returns; a no-op when it is up
 *   vm.mjs serve DIR   is the server
 *
 * Whoever links DIR/address.json into place first is the server; link(2) fails when it is there
 * already. So two starts at once, or one repeated after a crash, still make one server, and the
 * ledger gets one line for each server that really came up.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How often a server looks whether its folder is still there, ms. Removing the folder ends it. */
const WATCH_MS = 500;

async function start(dir) {
  if (await isUp(dir)) return;
  const log = fs.openSync(join(dir, 'server.log'), 'a', 0o600);
  // A session and an environment of its own: a server outlives the task that made it, and must not
  // carry the cookie by which the orchestrator finds, and ends, what a task left behind.
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'serve', dir], {
    detached: true,
    cwd: dir,
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', log, log, 'ipc'],
  });
  child.once('message', () => {
    child.disconnect();
    child.unref();
  });
  child.once('exit', (code) => {
    // A child that lost the race for the address exits with 0: another one is the server.
    if (code !== 0) {
      console.error(`the server did not come up; see ${join(dir, 'server.log')}`);
      process.exitCode = 1;
    }
  });
}

/** Whether the server of this folder answers. An address left by a dead one is removed. */
async function isUp(dir) {
  const path = join(dir, 'address.json');
  if (!fs.existsSync(path)) return false;
  const { host, port, id } = JSON.parse(fs.readFileSync(path, 'utf8'));
  const found = await whoIsAt(`http://${host}:${port}/`);
  if (found === id) return true;
  fs.rmSync(path, { force: true });
  return false;
}

/** Id of the server at an address; undefined when nobody, or someone else, is there. Throws when it does not answer. */
async function whoIsAt(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return (await response.json()).id;
  } catch (error) {
    if (error.cause?.code === 'ECONNREFUSED' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function serve(dir) {
  const config = readConfig(join(dir, 'server.conf'));
  const secret = randomBytes(16).toString('hex');
  const server = createServer((request, response) => answer(request, response));
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    if (!claim({ host: '127.0.0.1', port, pid: process.pid, id: config.id, secret }))
      process.exit(0);
    const at = new Date().toISOString();
    record(config.ledger, { at, op: 'create-vm', name: config.name, key: config.key });
    console.log(`${at} up on 127.0.0.1:${port}`);
    if (process.connected) process.send('up', () => {});
    setInterval(() => {
      if (!fs.existsSync(join(dir, 'address.json'))) process.exit(0);
    }, WATCH_MS);
  });

  function claim(address) {
    const aside = join(dir, `address.${process.pid}.json`);
    fs.writeFileSync(aside, JSON.stringify(address), { mode: 0o600 });
    try {
      fs.linkSync(aside, join(dir, 'address.json'));
      return true;
    } catch (error) {
      if (error.code === 'EEXIST') return false;
      throw error;
    } finally {
      fs.rmSync(aside);
    }
  }

  function answer(request, response) {
    const { id, name, size, network, image, cluster } = config;
    if (request.method === 'GET')
      return reply(200, { id, name, size, network, image, cluster, services: services() });
    if (request.headers.authorization !== `Bearer ${secret}`)
      return reply(401, { error: 'secret' });
    const service = /^\/services\/([a-z0-9-]{1,63})$/.exec(request.url)?.[1];
    if (request.method === 'PUT' && service !== undefined) {
      install(service);
      return reply(200, { service, status: 'running' });
    }
    if (request.method === 'POST' && request.url === '/stop') {
      // Closed before the answer: who reads it may be sure that nobody listens any more.
      server.close(() => process.exit(0));
      return reply(200, { stopped: name });
    }
    return reply(404, { error: `${request.method} ${request.url}` });

    function reply(status, body) {
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
      response.end(JSON.stringify(body));
    }
  }

  function services() {
    return fs.existsSync(join(dir, 'services')) ? fs.readdirSync(join(dir, 'services')).sort() : [];
  }

  function install(service) {
    fs.mkdirSync(join(dir, 'services'), { recursive: true });
    if (services().includes(service)) return;
    const at = new Date().toISOString();
    fs.writeFileSync(join(dir, 'services', service), `${at}\n`);
    record(config.ledger, { at, op: 'start-service', name: config.name, service });
  }
}

/** One line in one write to a file opened for appending: lines of several processes don't mix. */
function record(ledger, entry) {
  fs.appendFileSync(ledger, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
}

/** `key = value` lines; `#` begins a comment line. */
function readConfig(path) {
  const lines = fs.readFileSync(path, 'utf8').split('\n');
  const pairs = lines
    .map((line) => /^(\w+)\s*=\s*(.*)$/.exec(line))
    .filter((match) => match !== null);
  return Object.fromEntries(pairs.map(([, key, value]) => [key, value.trim()]));
}

const [, , command, dir] = process.argv;
if (command === 'start' && dir) await start(dir);
else if (command === 'serve' && dir) serve(dir);
else {
  console.error('usage: vm.mjs start|serve DIR');
  process.exitCode = 2;
}
