//! What can go wrong.

use core::fmt;

/// A region of flash in which there can be no store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutError {
    /// An end of it is not at the border of a page.
    NotAligned,
    /// It is not two banks of the same number of pages, at least two each.
    Pages,
    /// A bank has less room than a full configuration needs.
    TooSmall {
        /// What each bank must have in all its pages but one, bytes.
        needed: usize,
    },
    /// It reaches beyond the end of the flash.
    BeyondEnd,
}

impl fmt::Display for LayoutError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAligned => {
                formatter.write_str("the store's region does not begin and end with a page")
            }
            Self::Pages => formatter
                .write_str("the store's region is not an even number of pages, four or more"),
            Self::TooSmall { needed } => write!(
                formatter,
                "half of the store's region, less one page, has less than {needed} bytes; give it more pages"
            ),
            Self::BeyondEnd => {
                formatter.write_str("the store's region reaches beyond the end of the flash")
            }
        }
    }
}

impl core::error::Error for LayoutError {}

/// Why something was not stored or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError<E> {
    /// The flash did not do what it was told. What was stored before stands.
    Flash(E),
    /// The store was written by a newer firmware, and is left as it is. Install that one again, or erase the store.
    Newer,
    /// What was written is not what is read back: the flash is worn out, or shared with something else. What was stored before stands.
    Unverified,
    /// There is no room for so many things, or for one that large: a bug, as tests hold the sizes.
    NoRoom,
}

impl<E: fmt::Debug> fmt::Display for StoreError<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flash(error) => write!(formatter, "the flash cannot be used: {error:?}"),
            Self::Newer => formatter.write_str(
                "the store was written by a newer firmware and is left as it is; install that one again, or erase the store",
            ),
            Self::Unverified => formatter.write_str(
                "what was written to flash reads back otherwise; the flash is worn out, or something else writes there",
            ),
            Self::NoRoom => formatter.write_str("it does not fit into the store"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for StoreError<E> {}
