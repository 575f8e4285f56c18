// What is at the other end of the cable: a TAP device of this machine, and a DHCP server with one lease.
import { spawn } from 'node:child_process';

export const HOST = '10.77.0.1';
const LEASE = [10, 77, 0, 7];
export const BOARD = LEASE.join('.');
const SERVER = [10, 77, 0, 1];
const SERVER_ADDRESS = Buffer.from('02000000fe01', 'hex');

const checksum = bytes => {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] << 8) | (bytes[at + 1] ?? 0);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
};

/** The answer to a DHCPDISCOVER or DHCPREQUEST in an Ethernet frame (RFC 2131); null for anything else. */
export function dhcpAnswer(frame) {
  const isDhcp = frame.length >= 282 && frame.readUInt16BE(12) === 0x800 && frame[23] === 17 && frame.readUInt16BE(36) === 67;
  if (!isDhcp) return null;
  const asked = frame.subarray(42);
  let kind = 0;
  for (let at = 240; at < asked.length && asked[at] !== 255; ) {
    if (asked[at] === 0) { at++; continue; }
    if (asked[at] === 53) kind = asked[at + 2];
    at += 2 + asked[at + 1];
  }
  const answers = { 1: 2, 3: 5 }[kind]; // an offer, an acknowledgement
  if (answers === undefined) return null;
  const dhcp = Buffer.alloc(300);
  dhcp.set([2, 1, 6], 0);
  asked.copy(dhcp, 4, 4, 8);
  dhcp.set(LEASE, 16);
  dhcp.set(SERVER, 20);
  asked.copy(dhcp, 28, 28, 34);
  dhcp.writeUInt32BE(0x63825363, 236);
  dhcp.set([53, 1, answers, 54, 4, ...SERVER, 51, 4, 0, 0, 14, 16, 1, 4, 255, 255, 255, 0, 3, 4, ...SERVER, 6, 4, ...SERVER, 255], 240);
  const answer = Buffer.alloc(42 + dhcp.length);
  frame.copy(answer, 0, 6, 12);
  SERVER_ADDRESS.copy(answer, 6);
  answer.writeUInt16BE(0x800, 12);
  answer[14] = 0x45;
  answer.writeUInt16BE(28 + dhcp.length, 16);
  answer.set([64, 17], 22);
  answer.set(SERVER, 26);
  answer.set([255, 255, 255, 255], 30);
  answer.writeUInt16BE(checksum(answer.subarray(14, 34)), 24);
  answer.writeUInt16BE(67, 34);
  answer.writeUInt16BE(68, 36);
  answer.writeUInt16BE(8 + dhcp.length, 38);
  dhcp.copy(answer, 42);
  return answer;
}

/** A TAP device in this network namespace, by a helper: Node cannot make one. */
export class Tap {
  constructor() {
    const script = new URL('./tap.py', import.meta.url).pathname;
    this.helper = spawn('python3', [script, 'dimmer0', `${HOST}/24`], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.frames = [];
    let rest = Buffer.alloc(0);
    this.helper.stdout.on('data', data => {
      rest = Buffer.concat([rest, data]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const length = rest.readUInt16BE(0);
        this.frames.push(Buffer.from(rest.subarray(2, 2 + length)));
        rest = rest.subarray(2 + length);
      }
    });
    this.helper.stdin.on('error', () => {});
  }

  send(frame) {
    const head = Buffer.alloc(2);
    head.writeUInt16BE(frame.length);
    this.helper.stdin.write(Buffer.concat([head, frame]));
  }

  /** Takes the device away, and returns when it is gone: the next one has its address. */
  close() {
    const gone = new Promise(go => this.helper.on('exit', go));
    this.helper.stdin.end();
    return gone;
  }
}
