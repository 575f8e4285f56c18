//! The seam between 1-Wire and what makes its slots: a pin and a delay, a state machine, a simulator.

use crate::ProbeError;

/// Resets, whole bytes and the search on a 1-Wire bus, by something that keeps the slots' times.
///
/// Bits of a byte go from the lowest. Whoever can do single slots ([`Slots`]) leaves the search to a [`RomSearch`]; hardware that
/// has a search of its own is asked for that.
#[expect(
    async_fn_in_trait,
    reason = "one executor thread on a board: no caller needs the future to be Send"
)]
pub trait Bus {
    /// Resets the bus; whether somebody pulled it low in the time for that.
    ///
    /// # Errors
    /// [`ProbeError::Shorted`] if it is held low and that can be told apart, [`ProbeError::Bus`] if it cannot be used.
    async fn reset(&mut self) -> Result<bool, ProbeError>;

    /// Sends bytes.
    ///
    /// # Errors
    /// [`ProbeError::Bus`]: it cannot be used.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), ProbeError>;

    /// Receives bytes: ones where nobody sends.
    ///
    /// # Errors
    /// [`ProbeError::Bus`]: it cannot be used.
    async fn read(&mut self, bytes: &mut [u8]) -> Result<(), ProbeError>;

    /// The first address of a search, or the next one, as its eight bytes are sent; none: that was all. Nobody checked them.
    ///
    /// # Errors
    /// The bus cannot be used, or the devices answered as none do.
    async fn next_address(&mut self, is_first: bool) -> Result<Option<[u8; 8]>, ProbeError>;
}

/// Single slots on a 1-Wire bus.
#[expect(
    async_fn_in_trait,
    reason = "one executor thread on a board: no caller needs the future to be Send"
)]
pub trait Slots {
    /// A slot in which a bit is sent.
    ///
    /// # Errors
    /// [`ProbeError::Bus`]: the bus cannot be used.
    async fn write_bit(&mut self, bit: bool) -> Result<(), ProbeError>;

    /// A slot in which a device may send a zero; otherwise a one is read.
    ///
    /// # Errors
    /// [`ProbeError::Bus`]: the bus cannot be used.
    async fn read_bit(&mut self) -> Result<bool, ProbeError>;
}

/// The command to search (data sheet 19-7487, "ROM commands").
const SEARCH: u8 = 0xF0;

/// How far a search has come, for a bus with single slots: application note 187 of Maxim Integrated (Analog Devices).
///
/// For each bit of an address every device that still takes part sends it, and then its opposite; two zeros say that there are
/// devices of either kind. Those that have another bit than the one that is then sent leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RomSearch {
    /// The address before.
    address: u64,
    /// The bits of it at which a zero was taken though some have a one.
    open: u64,
    is_over: bool,
}

impl RomSearch {
    /// A search that has found nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            address: 0,
            open: 0,
            is_over: false,
        }
    }

    /// The first address, or the next one.
    ///
    /// # Errors
    /// As [`Bus::next_address`]; [`ProbeError::Checksum`] when the devices answer otherwise than before.
    pub async fn next<B: Bus + Slots>(
        &mut self,
        bus: &mut B,
        is_first: bool,
    ) -> Result<Option<[u8; 8]>, ProbeError> {
        if is_first {
            *self = Self::new();
        }
        if self.is_over || !bus.reset().await? {
            self.is_over = true;
            return Ok(None);
        }
        bus.write(&[SEARCH]).await?;
        // The last way that was not taken is taken now; up to there it is that of before.
        let turn = self.open.checked_ilog2();
        let (mut address, mut open) = (0_u64, 0_u64);
        for place in 0..u64::BITS {
            let bit = 1_u64 << place;
            let (has_zero, has_one) = (!bus.read_bit().await?, !bus.read_bit().await?);
            let is_one = match (has_zero, has_one, turn) {
                (false, false, _) => return Err(ProbeError::Checksum),
                (true, true, Some(turn)) if place == turn => true,
                (true, true, Some(turn)) if place < turn => self.address & bit != 0,
                (_, _, Some(turn)) if place == turn => return Err(ProbeError::Checksum),
                (_, is_one, _) => is_one && !has_zero,
            };
            if has_zero && has_one && !is_one {
                open |= bit;
            }
            if is_one {
                address |= bit;
            }
            bus.write_bit(is_one).await?;
        }
        *self = Self {
            address,
            open,
            is_over: open == 0,
        };
        Ok(Some(address.to_le_bytes()))
    }
}
