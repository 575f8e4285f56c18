// A real mosquitto in this network namespace, and its clients.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

export class Broker {
  constructor({ port = 1883 } = {}) {
    this.port = port;
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dimmer-emulator-'));
    const file = path.join(folder, 'mosquitto.conf');
    fs.writeFileSync(file, `user root\nlistener ${port} 0.0.0.0\nallow_anonymous true\n`);
    // Open, and without a name: nothing is left of it, however this ends.
    this.settings = fs.openSync(file);
    fs.rmSync(folder, { recursive: true });
    this.clients = [];
  }

  /** Starts it, and returns when it listens. `user root` is nobody but the user who made the namespace. */
  async start() {
    this.process = spawn('mosquitto', ['-c', '/dev/fd/3'], { stdio: ['ignore', 'ignore', 'ignore', this.settings] });
    for (let tries = 0; tries < 200; tries++) {
      const listens = await new Promise(answer => {
        const socket = net.connect(this.port, '127.0.0.1', () => { socket.destroy(); answer(true); });
        socket.on('error', () => answer(false));
      });
      if (listens) return;
      await new Promise(go => setTimeout(go, 50));
    }
    throw new Error('mosquitto does not listen within ten seconds');
  }
  kill() { this.process?.kill('SIGKILL'); }

  /** A client that publishes each line that it is given on this topic. */
  publisher(topic) {
    let client = null;
    const connect = () => {
      client = spawn('mosquitto_pub', ['-h', '127.0.0.1', '-p', this.port, '-t', topic, '-l'], { stdio: ['pipe', 'ignore', 'inherit'] });
      client.stdin.on('error', () => {});
      this.clients.push(client);
    };
    connect();
    return payload => {
      // It ends with its connection.
      if (client.exitCode !== null) connect();
      client.stdin.write(`${payload}\n`);
    };
  }

  /** A client that hands over what comes, each message as (topic, payload). */
  subscriber(filter, heard) {
    const client = spawn('mosquitto_sub', ['-h', '127.0.0.1', '-p', this.port, '-t', filter, '-v'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let rest = '';
    client.stdout.on('data', data => {
      const lines = (rest + data).split('\n');
      rest = lines.pop();
      for (const line of lines) { const space = line.indexOf(' '); heard(line.slice(0, space), line.slice(space + 1)); }
    });
    this.clients.push(client);
  }

  close() {
    for (const client of this.clients) client.kill('SIGKILL');
    this.kill();
    fs.closeSync(this.settings);
  }
}
