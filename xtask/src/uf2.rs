//! UF2 files (<https://github.com/microsoft/uf2>): what an RP2040 in its boot mode takes as a file on a disk.

use anyhow::{Context, Result, bail};
use object::{Object as _, ObjectSegment as _};
use std::collections::BTreeMap;

/// The family by which the boot ROM knows that a block is for it.
const RP2040: u32 = 0xE48B_FF56;
const PAGE: u32 = 256;
const BLOCK: usize = 512;
const FLASH: std::ops::Range<u64> = 0x1000_0000..0x1100_0000;
const FAMILY_PRESENT: u32 = 0x2000;

/// The pages of flash that an image fills, by address. What it leaves of a page is ones, as erased flash is.
type Pages = BTreeMap<u64, [u8; 256]>;

/// The image of an ELF file for an RP2040.
pub(crate) fn from_elf(data: &[u8]) -> Result<Vec<u8>> {
    let image = object::File::parse(data)?;
    let mut pages = Pages::new();
    for (address, bytes) in loaded(&image, data)? {
        put(&mut pages, address, bytes)?;
    }
    if !pages.contains_key(&FLASH.start) {
        bail!(
            "nothing is loaded at the beginning of the flash: the second stage of the boot is missing"
        );
    }
    blocks(&pages)
}

/// What is loaded where: by physical addresses, which `object` does not tell.
fn loaded<'data>(
    image: &object::File<'data>,
    data: &'data [u8],
) -> Result<Vec<(u64, &'data [u8])>> {
    let object::File::Elf32(elf) = image else {
        bail!("no 32-bit ELF file");
    };
    let endian = elf.endian();
    let mut loaded = Vec::new();
    for (segment, header) in image.segments().zip(
        elf.elf_program_headers()
            .iter()
            .filter(|header| header.p_type.get(endian) == object::elf::PT_LOAD),
    ) {
        let (offset, size) = segment.file_range();
        if size > 0 {
            let begin = usize::try_from(offset)?;
            let end = begin + usize::try_from(size)?;
            let bytes = data.get(begin..end).context("a segment beyond the file")?;
            loaded.push((u64::from(header.p_paddr.get(endian)), bytes));
        }
    }
    Ok(loaded)
}

/// The bytes of flash that an ELF file's segments take.
pub(crate) fn flash_bytes(data: &[u8]) -> Result<u64> {
    let image = object::File::parse(data)?;
    let segments = loaded(&image, data)?;
    Ok(segments.iter().map(|(_, bytes)| bytes.len() as u64).sum())
}

fn put(pages: &mut Pages, address: u64, bytes: &[u8]) -> Result<()> {
    if !FLASH.contains(&address) {
        bail!("a segment is loaded at {address:#x}, which is not in flash");
    }
    for (at, byte) in (address..).zip(bytes) {
        let place = usize::try_from(at % u64::from(PAGE))?;
        let page = pages.entry(at - place as u64).or_insert([0xFF; _]);
        *page.get_mut(place).context("a page has 256 bytes")? = *byte;
    }
    Ok(())
}

fn blocks(pages: &Pages) -> Result<Vec<u8>> {
    let count = u32::try_from(pages.len())?;
    let mut file = Vec::with_capacity(pages.len() * BLOCK);
    for (number, (address, page)) in (0..).zip(pages) {
        let head = [
            0x0A32_4655,
            0x9E5D_5157,
            FAMILY_PRESENT,
            u32::try_from(*address)?,
            PAGE,
            number,
            count,
            RP2040,
        ];
        let begin = file.len();
        head.iter()
            .for_each(|word: &u32| file.extend(word.to_le_bytes()));
        file.extend(page);
        file.resize(begin + BLOCK - 4, 0);
        file.extend(0x0AB1_6F30_u32.to_le_bytes());
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(file: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(file[at..at + 4].try_into().unwrap())
    }

    #[test]
    fn an_image_becomes_whole_pages_in_numbered_blocks() {
        let mut pages = Pages::new();
        put(&mut pages, 0x1000_0000, &[1; 256]).unwrap();
        // Over the edge of a page, and into one that is there.
        put(&mut pages, 0x1000_01FF, &[2, 3]).unwrap();
        let file = blocks(&pages).unwrap();
        assert_eq!(file.len(), 3 * BLOCK);
        for (number, address) in [0x1000_0000, 0x1000_0100, 0x1000_0200]
            .into_iter()
            .enumerate()
        {
            let block = &file[number * BLOCK..];
            assert_eq!(word(block, 0), 0x0A32_4655);
            assert_eq!(word(block, 4), 0x9E5D_5157);
            assert_eq!(word(block, 12), address);
            assert_eq!(word(block, 16), 256);
            assert_eq!(word(block, 20) as usize, number);
            assert_eq!(word(block, 24), 3);
            assert_eq!(word(block, 28), RP2040);
            assert_eq!(word(block, 508), 0x0AB1_6F30);
        }
        assert_eq!(file[32], 1);
        assert_eq!((file[BLOCK + 32 + 254], file[BLOCK + 32 + 255]), (0xFF, 2));
        assert_eq!((file[2 * BLOCK + 32], file[2 * BLOCK + 33]), (3, 0xFF));
    }

    #[test]
    fn what_is_not_in_flash_is_refused() {
        let error = put(&mut Pages::new(), 0x2000_0000, &[0]).unwrap_err();
        assert!(error.to_string().contains("0x20000000"), "{error}");
    }
}
