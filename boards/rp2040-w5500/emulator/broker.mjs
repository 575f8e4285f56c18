// A real mosquitto in this network namespace, and its clients.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export class Broker {
  constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dimmer-emulator-'));
    this.file = path.join(this.folder, 'mosquitto.conf');
    fs.writeFileSync(this.file, 'listener 1883 0.0.0.0\nallow_anonymous true\n');
    this.clients = [];
    this.start();
  }

  start() { this.process = spawn('mosquitto', ['-c', this.file], { stdio: 'ignore' }); }
  kill() { this.process.kill('SIGKILL'); }

  /** A client that publishes each line that it is given on this topic. */
  publisher(topic) {
    const client = spawn('mosquitto_pub', ['-h', '127.0.0.1', '-t', topic, '-l'], { stdio: ['pipe', 'ignore', 'inherit'] });
    client.stdin.on('error', () => {});
    this.clients.push(client);
    return payload => client.stdin.write(`${payload}\n`);
  }

  /** A client that hands over what comes, each message as (topic, payload). */
  subscriber(filter, heard) {
    const client = spawn('mosquitto_sub', ['-h', '127.0.0.1', '-t', filter, '-v'], { stdio: ['ignore', 'pipe', 'inherit'] });
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
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
