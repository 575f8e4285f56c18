//! How far the stack has come, by what it was painted with.

/// What the memory for the stack is filled with before the program runs (`cortex-m-rt`, feature `paint-stack`).
pub const PAINT: u32 = 0xCCCC_CCCC;

/// The most bytes of stack that were in use at once, of the words from its limit up to its beginning. A word that the stack wrote with the paint's
/// own value is taken for untouched.
pub fn peak_bytes(words: impl ExactSizeIterator<Item = u32>) -> usize {
    let all = words.len();
    let untouched = words.take_while(|word| *word == PAINT).count();
    (all - untouched) * size_of::<u32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_what_the_lowest_word_that_was_written_says() {
        assert_eq!(peak_bytes([PAINT; 8].into_iter()), 0);
        assert_eq!(peak_bytes([PAINT, PAINT, 7, PAINT, 0].into_iter()), 12);
        assert_eq!(peak_bytes([0, PAINT].into_iter()), 8);
    }
}
