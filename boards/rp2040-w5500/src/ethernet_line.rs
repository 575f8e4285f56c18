//! The line to the W5500, which notices a chip that has forgotten what it was told, and tells it again.
//!
//! The driver (embassy-net-wiznet) sets the chip up once. A W5500 whose supply has failed comes back as after a reset: it answers, says that its cable is plugged in, and receives nothing for ever. So the line looks at what the driver
//! asks. Before the driver looks at the cable, each half second, it reads the chip's address and the state of its socket; if they are not as they were set, it sets the chip up as the driver did at the start. That works because the driver keeps
//! nothing of its own: it reads each place in the chip's buffers from the chip, at the begin of each frame. It is done at such a begin alone, so that no frame is written half into a chip that was set up meanwhile.
//!
//! What cannot be true is not handed on either: the driver would panic over a frame that is longer than its buffer.
//!
//! And before there is a driver the line waits for a chip that is not there yet, or behind a wire that is loose: the driver asks once, and takes pins and buffers with it when it fails, so that the board would start again and again.
//!
//! Registers: data sheet of the W5500, version 1.1.0, chapters 3 and 4.

use core::fmt;

use embedded_hal::digital::OutputPin;
use embedded_hal_async::{
    delay::DelayNs,
    spi::{Error, ErrorKind, ErrorType, Operation, SpiDevice},
};

/// Between two trials to set it up. Its clock takes a tenth of a second to start.
const PAUSE_MS: u32 = 100;
/// How long it is reset: half a millisecond at the least (5.5.1).
const RESET_MS: u32 = 1;
/// Between two resets of a chip that does not answer.
const ABSENCE_MS: u32 = 1_000;
/// So often in a row it is set up, and answers right each time, before the driver has it: some milliseconds. A wire that is loose lets some answers through.
const AGREEING: u32 = 8;

const COMMON: u8 = 0;
const SOCKET: u8 = 1;
const RECEIVE_BUFFER: u8 = 3;

/// Control byte: the block is in the upper five bits; then whether it is written.
const WRITES: u8 = 0b100;

const MODE: u16 = 0x00;
const SOURCE_ADDRESS: u16 = 0x09;
const SOCKET_INTERRUPT_MASK: u16 = 0x18;
const PHY: u16 = 0x2E;
const VERSION: u16 = 0x39;

const SOCKET_MODE: u16 = 0x00;
const COMMAND: u16 = 0x01;
const STATUS: u16 = 0x03;
const RECEIVE_KILOBYTES: u16 = 0x1E;
const TRANSMIT_KILOBYTES: u16 = 0x1F;
const TRANSMIT_FREE: u16 = 0x20;
const RECEIVED: u16 = 0x26;
const INTERRUPT_MASK: u16 = 0x2C;

const RESET: u8 = 0x80;
const OPEN: u8 = 0x01;
/// Frames as they are, and those for other addresses left out.
const RAW_AND_FILTERED: u8 = 0x84;
/// What a socket is that was opened so.
const IS_RAW: u8 = 0x42;
const KILOBYTES: u8 = 16;
const ON_RECEIPT: u8 = 0b100;

const IS_W5500: u8 = 0x04;

/// Bytes that can wait in it.
const MOST_RECEIVED: u16 = 1024 * KILOBYTES as u16;
/// The length of a frame stands before it and counts itself: two addresses and a type at the least, what the driver has room for at the most.
const LENGTHS: core::ops::RangeInclusive<u16> = 2 + 14..=2 + 1514;

/// What is to be told of the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It does not answer at the start.
    Absent,
    /// It answers, and did not before.
    There,
    /// It does not answer as it should.
    Lost,
    /// It was set up again.
    SetUpAgain,
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Absent => "the W5500 does not answer; check its supply and its wires: until then there is no network",
            Self::There => "the W5500 answers",
            Self::Lost => "the W5500 has forgotten what it was told, or does not answer; check its supply and its wires",
            Self::SetUpAgain => "the W5500 is set up again",
        })
    }
}

/// Why nothing came over the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineError<E> {
    /// The bus failed.
    Bus(E),
    /// The chip is not there, or answers what cannot be.
    Lost,
}

impl<E: fmt::Debug> fmt::Display for LineError<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bus(error) => write!(formatter, "the bus to the W5500: {error:?}"),
            Self::Lost => formatter.write_str("the W5500 does not answer as it should"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for LineError<E> {}

impl<E: Error> Error for LineError<E> {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Bus(error) => error.kind(),
            Self::Lost => ErrorKind::Other,
        }
    }
}

/// What the driver begins with a reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begin {
    Look,
    Send,
    Receive,
}

impl Begin {
    fn of(operations: &[Operation<'_, u8>]) -> Option<Self> {
        match place(operations)? {
            (COMMON, PHY) => Some(Self::Look),
            (SOCKET, TRANSMIT_FREE) => Some(Self::Send),
            (SOCKET, RECEIVED) => Some(Self::Receive),
            _ => None,
        }
    }
}

/// Block and address of what is read.
fn place(operations: &[Operation<'_, u8>]) -> Option<(u8, u16)> {
    match operations {
        [
            Operation::Write([high, low]),
            Operation::Write([control]),
            ..,
        ] if control & WRITES == 0 => Some((control >> 3, u16::from_be_bytes([*high, *low]))),
        _ => None,
    }
}

/// Whether what was read can be so.
fn can_be(operations: &[Operation<'_, u8>]) -> bool {
    let [.., Operation::TransferInPlace([high, low])] = operations else {
        return true;
    };
    let value = u16::from_be_bytes([*high, *low]);
    match place(operations) {
        Some((SOCKET, RECEIVED)) => value <= MOST_RECEIVED,
        Some((RECEIVE_BUFFER, _)) => LENGTHS.contains(&value),
        _ => true,
    }
}

/// The line to a W5500 with this address.
#[derive(Debug)]
pub struct EthernetLine<S, D> {
    spi: S,
    delay: D,
    address: [u8; 6],
    tell: fn(Change),
    is_lost: bool,
    is_full: bool,
}

impl<S: SpiDevice, D: DelayNs> EthernetLine<S, D> {
    /// `tell` is told when the chip is not there, when it is lost, and when it is there again.
    #[must_use]
    pub fn new(spi: S, delay: D, address: [u8; 6], tell: fn(Change)) -> Self {
        Self {
            spi,
            delay,
            address,
            tell,
            is_lost: false,
            is_full: false,
        }
    }

    /// Waits until the chip can be set up again and again: it may have no supply yet, or a wire that is loose, or mended later. It is reset by its pin between trials, which costs one that is there no time.
    pub async fn when_there(&mut self, reset: &mut impl OutputPin) {
        let (mut was_reset, mut is_told) = (false, false);
        while !self.is_steady().await {
            if core::mem::replace(&mut was_reset, true) {
                if !core::mem::replace(&mut is_told, true) {
                    (self.tell)(Change::Absent);
                }
                self.delay.delay_ms(ABSENCE_MS).await;
            }
            // A pin that could not be set would leave the chip as it is.
            let _ = reset.set_low();
            self.delay.delay_ms(RESET_MS).await;
            let _ = reset.set_high();
            self.delay.delay_ms(PAUSE_MS).await;
        }
        if is_told {
            (self.tell)(Change::There);
        }
    }

    /// Whether it does all that the driver will ask of it, each time.
    async fn is_steady(&mut self) -> bool {
        for _ in 0..AGREEING {
            if !matches!(self.obeys().await, Ok(true)) {
                return false;
            }
        }
        true
    }

    async fn obeys(&mut self) -> Result<bool, LineError<S::Error>> {
        self.set_up().await?;
        let mut version = [0];
        self.read(COMMON, VERSION, &mut version).await?;
        Ok(version == [IS_W5500] && self.is_set_up().await?)
    }

    fn lose(&mut self) {
        if !self.is_lost {
            self.is_lost = true;
            (self.tell)(Change::Lost);
        }
    }

    /// Looks after the chip before something is begun.
    async fn care(&mut self, begin: Begin) -> Result<(), LineError<S::Error>> {
        // The driver asks again and again while there is no room for a frame, and looks at nothing else meanwhile.
        let asks_again = begin == Begin::Send && self.is_full;
        self.is_full = begin == Begin::Send;
        if (begin == Begin::Look || asks_again) && !self.is_set_up().await? {
            self.lose();
        }
        if !self.is_lost {
            return Ok(());
        }
        if begin == Begin::Send {
            // Dropped at once, as a cable without a chip drops it: who waited for it would be held up, and those behind him.
            return Err(LineError::Lost);
        }
        self.set_up().await?;
        if self.is_set_up().await? {
            self.is_lost = false;
            (self.tell)(Change::SetUpAgain);
            return Ok(());
        }
        if begin == Begin::Receive {
            // The interrupt still says that there is something, and the driver tries again at once: everything else needs its turn, too.
            self.delay.delay_ms(PAUSE_MS).await;
        }
        Err(LineError::Lost)
    }

    /// Whether it has its address, and its socket is open.
    async fn is_set_up(&mut self) -> Result<bool, LineError<S::Error>> {
        let mut address = [0; 6];
        self.read(COMMON, SOURCE_ADDRESS, &mut address).await?;
        let mut status = [0];
        self.read(SOCKET, STATUS, &mut status).await?;
        Ok(address == self.address && status == [IS_RAW])
    }

    /// As the driver does it.
    async fn set_up(&mut self) -> Result<(), LineError<S::Error>> {
        self.write(COMMON, MODE, &[RESET]).await?;
        self.write(COMMON, SOCKET_INTERRUPT_MASK, &[1]).await?;
        self.write(SOCKET, INTERRUPT_MASK, &[ON_RECEIPT]).await?;
        let address = self.address;
        self.write(COMMON, SOURCE_ADDRESS, &address).await?;
        self.write(SOCKET, TRANSMIT_KILOBYTES, &[KILOBYTES]).await?;
        self.write(SOCKET, RECEIVE_KILOBYTES, &[KILOBYTES]).await?;
        self.write(SOCKET, SOCKET_MODE, &[RAW_AND_FILTERED]).await?;
        self.write(SOCKET, COMMAND, &[OPEN]).await
    }

    async fn read(
        &mut self,
        block: u8,
        address: u16,
        data: &mut [u8],
    ) -> Result<(), LineError<S::Error>> {
        let address = address.to_be_bytes();
        let operations = &mut [
            Operation::Write(&address),
            Operation::Write(&[block << 3]),
            Operation::TransferInPlace(data),
        ];
        self.spi
            .transaction(operations)
            .await
            .map_err(LineError::Bus)
    }

    async fn write(
        &mut self,
        block: u8,
        address: u16,
        data: &[u8],
    ) -> Result<(), LineError<S::Error>> {
        let address = address.to_be_bytes();
        let operations = &mut [
            Operation::Write(&address),
            Operation::Write(&[(block << 3) | WRITES]),
            Operation::Write(data),
        ];
        self.spi
            .transaction(operations)
            .await
            .map_err(LineError::Bus)
    }
}

impl<S: SpiDevice, D> ErrorType for EthernetLine<S, D> {
    type Error = LineError<S::Error>;
}

impl<S: SpiDevice, D: DelayNs> SpiDevice for EthernetLine<S, D> {
    async fn transaction(
        &mut self,
        operations: &mut [Operation<'_, u8>],
    ) -> Result<(), Self::Error> {
        match Begin::of(operations) {
            Some(begin) => self.care(begin).await?,
            None => self.is_full = false,
        }
        self.spi
            .transaction(operations)
            .await
            .map_err(LineError::Bus)?;
        if can_be(operations) {
            Ok(())
        } else {
            self.lose();
            Err(LineError::Lost)
        }
    }
}

#[cfg(test)]
mod tests;
