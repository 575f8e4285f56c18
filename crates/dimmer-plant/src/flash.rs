//! Flash with its laws, and a supply that can be cut at any moment.

use std::fmt;

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// What the chip does when a word is written that was not erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overwriting {
    /// It refuses, as one with an error-correcting code does.
    #[default]
    Refused,
    /// A bit that was 0 stays 0.
    And,
}

/// Why the chip did not do what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlashError {
    /// An address or a length is not a multiple of the word or the page.
    NotAligned,
    /// It does not reach as far.
    OutOfBounds,
    /// A word was written for the second time since its page was erased.
    NotErased,
    /// It has no supply, or lost it while it worked.
    PowerCut,
}

impl fmt::Display for FlashError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotAligned => "an address is not that of a word or a page",
            Self::OutOfBounds => "an address is beyond the end",
            Self::NotErased => "a word was written twice",
            Self::PowerCut => "the supply is cut",
        })
    }
}

impl std::error::Error for FlashError {}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::NotAligned => NorFlashErrorKind::NotAligned,
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            Self::NotErased | Self::PowerCut => NorFlashErrorKind::Other,
        }
    }
}

/// A NOR flash of pages of `PAGE` bytes that are erased as a whole, and words of `WORD` bytes that are written once.
///
/// Erasing sets every bit; writing clears bits. Programming a word is one step, erasing a page is [`STAGES`](Self::STAGES) of them. The supply
/// can be cut at each step ([`cut_at`](Self::cut_at)): a word is then left half programmed, and a page as the stage says, which has more
/// kinds of leftovers than any one chip shows. Then nothing works until the [power is back](Self::power_up).
#[derive(Clone, Debug)]
pub struct SimulatedFlash<const WORD: usize, const PAGE: usize> {
    bytes: Vec<u8>,
    erases: Vec<u32>,
    words: u64,
    steps: u64,
    cut_at: Option<u64>,
    seed: u64,
    has_power: bool,
    was_erasing: bool,
    overwriting: Overwriting,
}

impl<const WORD: usize, const PAGE: usize> SimulatedFlash<WORD, PAGE> {
    /// The steps of erasing one page. What a cut leaves at each of them: the page as it was; all bits cleared, which chips do first; the front
    /// half erased; the back half erased; bits set at random; all erased but for the middle; the middle erased alone.
    pub const STAGES: u64 = 7;

    /// So many pages, erased.
    #[must_use]
    pub fn new(pages: usize) -> Self {
        Self::holding(vec![0xff; pages.saturating_mul(PAGE)])
    }

    /// With these contents, filled up to whole pages.
    #[must_use]
    pub fn holding(mut bytes: Vec<u8>) -> Self {
        let pages = bytes.len().div_ceil(PAGE);
        bytes.resize(pages.saturating_mul(PAGE), 0xff);
        Self {
            bytes,
            erases: vec![0; pages],
            words: 0,
            steps: 0,
            cut_at: None,
            seed: 1,
            has_power: true,
            was_erasing: false,
            overwriting: Overwriting::default(),
        }
    }

    /// What it does when a word is written twice.
    #[must_use]
    pub const fn overwriting(mut self, overwriting: Overwriting) -> Self {
        self.overwriting = overwriting;
        self
    }

    /// Everything that stands in it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How often each page was erased.
    #[must_use]
    pub fn erases(&self) -> &[u32] {
        &self.erases
    }

    /// How many words were written.
    #[must_use]
    pub const fn words(&self) -> u64 {
        self.words
    }

    /// How many steps it has made: words written, and stages of erasing.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Cuts the supply when it is about to make the step with this number, counted from the first it ever made. The seed says how
    /// what it works on is left.
    pub const fn cut_at(&mut self, step: u64, seed: u64) {
        self.cut_at = Some(step);
        // An xorshift generator must not begin at 0.
        self.seed = seed.wrapping_mul(2).wrapping_add(1);
    }

    /// The supply is back, and stays.
    pub const fn power_up(&mut self) {
        self.cut_at = None;
        self.has_power = true;
    }

    /// Whether the supply is there.
    #[must_use]
    pub const fn has_power(&self) -> bool {
        self.has_power
    }

    /// Whether a page was being erased when the supply was cut last.
    #[must_use]
    pub const fn was_erasing(&self) -> bool {
        self.was_erasing
    }

    /// Flips one bit, as years do.
    pub fn flip(&mut self, address: usize, bit: u8) {
        if let Some(byte) = self.bytes.get_mut(address) {
            *byte ^= 1 << (bit % 8);
        }
    }

    /// Makes one step; false if the supply was cut before it.
    fn step(&mut self) -> bool {
        if self.cut_at.is_some_and(|at| self.steps >= at) {
            self.has_power = false;
            return false;
        }
        self.steps = self.steps.saturating_add(1);
        true
    }

    fn random(&mut self) -> u8 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed.to_le_bytes()[3]
    }

    fn range(
        &self,
        from: u32,
        length: usize,
        unit: usize,
    ) -> Result<std::ops::Range<usize>, FlashError> {
        let from = usize::try_from(from).map_err(|_| FlashError::OutOfBounds)?;
        if !self.has_power {
            Err(FlashError::PowerCut)
        } else if !from.is_multiple_of(unit) || !length.is_multiple_of(unit) {
            Err(FlashError::NotAligned)
        } else if from
            .checked_add(length)
            .is_none_or(|end| end > self.bytes.len())
        {
            Err(FlashError::OutOfBounds)
        } else {
            Ok(from..from + length)
        }
    }

    /// What is left of a page when its erasing is cut at this stage.
    fn leave(&mut self, page: std::ops::Range<usize>, stage: u64) {
        self.was_erasing = true;
        let quarter = PAGE / 4;
        for (place, address) in page.enumerate() {
            let is_middle = (quarter..PAGE - quarter).contains(&place);
            let random = self.random();
            let Some(byte) = self.bytes.get_mut(address) else {
                continue;
            };
            match stage {
                1 => *byte = 0,
                2 if place < PAGE / 2 => *byte = 0xff,
                3 if place >= PAGE / 2 => *byte = 0xff,
                4 => *byte |= random,
                5 if !is_middle => *byte = 0xff,
                6 if is_middle => *byte = 0xff,
                _ => {}
            }
        }
    }
}

impl<const WORD: usize, const PAGE: usize> ErrorType for SimulatedFlash<WORD, PAGE> {
    type Error = FlashError;
}

impl<const WORD: usize, const PAGE: usize> ReadNorFlash for SimulatedFlash<WORD, PAGE> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        let range = self.range(offset, bytes.len(), 1)?;
        bytes.copy_from_slice(self.bytes.get(range).ok_or(FlashError::OutOfBounds)?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const WORD: usize, const PAGE: usize> NorFlash for SimulatedFlash<WORD, PAGE> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        let length = to.checked_sub(from).ok_or(FlashError::OutOfBounds)?;
        let length = usize::try_from(length).map_err(|_| FlashError::OutOfBounds)?;
        for start in self.range(from, length, PAGE)?.step_by(PAGE) {
            if let Some(erases) = self.erases.get_mut(start / PAGE) {
                *erases += 1;
            }
            for stage in 0..Self::STAGES {
                if !self.step() {
                    self.leave(start..start + PAGE, stage);
                    return Err(FlashError::PowerCut);
                }
            }
            if let Some(page) = self.bytes.get_mut(start..start + PAGE) {
                page.fill(0xff);
            }
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        let range = self.range(offset, bytes.len(), WORD)?;
        for (start, word) in range.step_by(WORD).zip(bytes.chunks(WORD)) {
            let erased = self.bytes.get(start..start + WORD);
            let erased = erased.is_some_and(|old| old.iter().all(|byte| *byte == 0xff));
            if !erased && self.overwriting == Overwriting::Refused {
                return Err(FlashError::NotErased);
            }
            let is_whole = self.step();
            // Cut while it is programmed, none of its bits are cleared, or all, or some.
            let (none, all) = match self.random() % 4 {
                _ if is_whole => (0, 0),
                0 => (0xff, 0xff),
                1 => (0, 0),
                _ => (0, 0xff),
            };
            for (address, new) in (start..).zip(word) {
                let spared = none | all & self.random();
                if let Some(byte) = self.bytes.get_mut(address) {
                    *byte &= new | spared;
                }
            }
            if !is_whole {
                self.was_erasing = false;
                return Err(FlashError::PowerCut);
            }
            self.words = self.words.saturating_add(1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embassy_futures::block_on;

    type Flash = SimulatedFlash<4, 64>;

    #[test]
    fn erasing_sets_bits_and_writing_clears_them_once() {
        let mut flash = Flash::new(2);
        block_on(async {
            flash.write(4, &[1, 2, 3, 4]).await.unwrap();
            assert_eq!(flash.bytes()[..9], [255, 255, 255, 255, 1, 2, 3, 4, 255]);
            let twice = flash.write(4, &[0; 4]).await;
            assert_eq!(twice, Err(FlashError::NotErased));
            flash.erase(0, 64).await.unwrap();
            assert_eq!(flash.erases(), [1, 0]);
            flash.write(4, &[0; 4]).await.unwrap();
            let mut flash = flash.overwriting(Overwriting::And);
            flash.write(8, &[0x0f; 4]).await.unwrap();
            flash.write(8, &[0xf1; 4]).await.unwrap();
            assert_eq!(flash.bytes()[8..12], [1; 4]);
        });
    }

    #[test]
    fn addresses_are_those_of_words_and_pages_and_within_it() {
        let mut flash = Flash::new(2);
        block_on(async {
            assert_eq!(flash.write(2, &[0; 4]).await, Err(FlashError::NotAligned));
            assert_eq!(flash.write(4, &[0; 3]).await, Err(FlashError::NotAligned));
            assert_eq!(flash.erase(4, 64).await, Err(FlashError::NotAligned));
            assert_eq!(
                flash.write(128, &[0; 4]).await,
                Err(FlashError::OutOfBounds)
            );
            assert_eq!(flash.erase(64, 0).await, Err(FlashError::OutOfBounds));
            let beyond = flash.read(126, &mut [0; 3]).await;
            assert_eq!(beyond, Err(FlashError::OutOfBounds));
        });
    }

    #[test]
    fn a_cut_leaves_what_was_done_before_and_nothing_works_until_power_is_back() {
        let mut flash = Flash::new(1);
        block_on(async {
            flash.cut_at(1, 3);
            let cut = flash.write(0, &[0; 12]).await;
            assert_eq!(cut, Err(FlashError::PowerCut));
            assert!(!flash.has_power());
            assert_eq!(flash.read(0, &mut [0]).await, Err(FlashError::PowerCut));
            flash.power_up();
            assert_eq!(flash.bytes()[..4], [0; 4]);
            assert_ne!(flash.bytes()[4..8], [0; 4], "half programmed");
            assert_eq!(flash.bytes()[8..12], [255; 4]);
        });
    }

    #[test]
    fn a_cut_while_erasing_leaves_something_else_at_each_stage() {
        let mut full = Flash::new(1);
        block_on(full.write(0, &[0x5a; 64])).unwrap();
        let mut left = Vec::new();
        for stage in 0..Flash::STAGES {
            let mut flash = full.clone();
            flash.cut_at(full.steps() + stage, 1);
            let cut = block_on(flash.erase(0, 64));
            assert_eq!(cut, Err(FlashError::PowerCut));
            assert!(!left.contains(&flash.bytes), "stage {stage}");
            left.push(flash.bytes);
        }
        assert_eq!(left[0], full.bytes);
    }
}
