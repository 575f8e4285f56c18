// Which image runs.
import fs from 'node:fs';
import { createHash } from 'node:crypto';
import { FLASH_ADDRESS, readUf2 } from './chip.mjs';
import { demand } from './figures.mjs';

/** What runs is what stands in the file, byte for byte; says which file that is. */
export function bootedIsReleased({ chip }, file) {
  const is = createHash('sha256').update(fs.readFileSync(file)).digest('hex');
  let bytes = 0;
  for (const [offset, block] of readUf2(file)) {
    const runs = chip.mcu.flash.subarray(offset, offset + block.length);
    demand(Buffer.compare(Buffer.from(runs), block) === 0, `what runs at ${(FLASH_ADDRESS + offset).toString(16)} is not what stands in the file`);
    bytes += block.length;
  }
  console.log(`  booted from ${bytes} bytes of the file with the SHA-256 ${is}`);
}
