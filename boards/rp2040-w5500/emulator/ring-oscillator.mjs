// The ring oscillator, as far as its random bit goes (data sheet, section 2.17.8).
import { BasePeripheral } from './node_modules/rp2040js/dist/esm/peripherals/peripheral.js';

const RANDOM_BIT = 0x1c;

export class RingOscillator extends BasePeripheral {
  constructor(mcu, random) { super(mcu, 'ROSC'); this.random = random; }
  readUint32(offset) { return offset === RANDOM_BIT ? this.random.below(2) : 0xffffffff; }
  writeUint32() {}
}
