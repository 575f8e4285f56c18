//! A DS18B20 on a 1-Wire bus, by its address.

use ds18b20::commands;
use embedded_hal_async::delay::DelayNs;

use super::{
    FAMILY_CODE, POWER_ON_MILLICELSIUS, Resolution, SCRATCHPAD_LENGTH, ScratchpadSource,
    decode_near,
};
use crate::ProbeError;
use crate::one_wire::{Addresses, Bus, Choice, Master, RomAddress, Wire, yield_now};

/// Of eight slots after the command to measure, so many zeros show that the device does: nobody else sends zeros, and an interrupt
/// may hide one of them.
const BUSY_ZEROS: u32 = 6;
/// The command to copy the scratchpad is two bits from the one to measure, and a device that copies is busy, too, for 10 ms at most. One
/// that measures is busy for longer; but for some that are not Maxim's, and those are so every time. It takes the same two bits
/// in each of so many commands to be mistaken for one of them.
const LONGER_THAN_A_COPY_US: u32 = 15_000;
const CONVERSIONS: u32 = 2;
/// Eight ones: the device is done. A single one may be a zero that was looked at too late.
const DONE: u8 = 0xFF;
/// A device that is not done in its time is asked again so often, and so often at most.
const POLL_US: u32 = 10_000;
const LONGEST_CONVERSION_US: u32 = 2 * Resolution::Bits12.conversion_us();

/// The scratchpad of one device on a [`Wire`]. It is found and set up at the first conversion.
#[derive(Debug)]
pub struct OnWire<'wire, B, A> {
    wire: &'wire Wire<B>,
    /// Nothing for who only looks, or where all are taken.
    seat: Option<usize>,
    wait: A,
    /// Nothing: it is not read.
    choice: Option<Choice>,
    resolution: Resolution,
    address: Option<RomAddress>,
    /// Who else was there when the device was found.
    company: Addresses,
    configured: bool,
}

impl<'wire, B: Bus, A: DelayNs> OnWire<'wire, B, A> {
    /// The chosen device at this resolution; conversions are waited for with `wait`. Nothing is sent yet. As long as it exists, no other
    /// probe of the wire takes its device for the only one that is there.
    #[must_use]
    pub fn new(wire: &'wire Wire<B>, wait: A, choice: Choice, resolution: Resolution) -> Self {
        let mut source = Self::beside(wire, wait, choice, resolution);
        source.seat = wire.take_seat(choice);
        source
    }

    /// The same for one look, of which the other probes of the wire need not know.
    pub(crate) fn beside(
        wire: &'wire Wire<B>,
        wait: A,
        choice: Choice,
        resolution: Resolution,
    ) -> Self {
        Self {
            wire,
            seat: None,
            wait,
            choice: Some(choice),
            resolution,
            address: None,
            company: Addresses::default(),
            configured: false,
        }
    }

    /// The address of the device in use, once it was found.
    #[must_use]
    pub const fn address(&self) -> Option<RomAddress> {
        self.address
    }

    /// Whatever is read next may be another device.
    fn forget(&mut self) {
        self.address = None;
        self.company = Addresses::default();
        self.configured = false;
    }

    /// Finds the device that was chosen.
    async fn find(&mut self, master: &mut Master<B>) -> Result<RomAddress, ProbeError> {
        let choice = self.choice.ok_or(ProbeError::Absent)?;
        let others = self.wire.others(self.seat);
        if choice == Choice::Any && others.any {
            return Err(ProbeError::Several);
        }
        let found = master.search().await?;
        let is_free =
            |address: &RomAddress| choice != Choice::Any || !others.chosen.contains(*address);
        let has_thermometer = thermometers(&found).next().is_some();
        let mut thermometers = thermometers(&found).filter(is_free);
        let address = match (choice, thermometers.next()) {
            (Choice::Address(address), _) if found.contains(address) => address,
            (Choice::Address(_), Some(_)) => return Err(ProbeError::Swapped),
            (Choice::Any, Some(address)) if thermometers.next().is_none() && !found.more() => {
                address
            }
            (Choice::Any, Some(_)) => return Err(ProbeError::Several),
            // They are other probes' own.
            (Choice::Any, None) if has_thermometer => {
                return Err(ProbeError::Absent);
            }
            (_, None) if found.iter().next().is_some() => return Err(ProbeError::Unrecognised),
            (_, None) => return Err(ProbeError::Absent),
        };
        if address.family() != FAMILY_CODE {
            return Err(ProbeError::Unrecognised);
        }
        self.company = found;
        self.address = Some(address);
        Ok(address)
    }

    /// Sets the resolution if it is another one, and sees that it was taken. It is not stored in the device's EEPROM, which wears out.
    async fn configure(
        &mut self,
        master: &mut Master<B>,
        address: RomAddress,
    ) -> Result<(), ProbeError> {
        let mut written = false;
        loop {
            let bytes = self.fetch(master, address).await?;
            // Whatever the temperature: 85 °C is what a device that just started holds.
            let reading = decode_near(&bytes, Some(POWER_ON_MILLICELSIUS))?;
            if reading.resolution == self.resolution {
                self.configured = true;
                return Ok(());
            }
            if written {
                return Err(ProbeError::Checksum);
            }
            let [_, _, alarm_high, alarm_low, ..] = bytes;
            yield_now().await;
            master
                .write_resolution(address, [alarm_high, alarm_low], self.resolution)
                .await?;
            written = true;
        }
    }

    async fn fetch(
        &mut self,
        master: &mut Master<B>,
        address: RomAddress,
    ) -> Result<[u8; SCRATCHPAD_LENGTH], ProbeError> {
        // Each transaction is a piece of its own: others of the executor have their turn between them.
        yield_now().await;
        let bytes = master.read_scratchpad(address).await?;
        if bytes == [0xFF; SCRATCHPAD_LENGTH] {
            return Err(self.silence(master, address, ProbeError::Checksum).await);
        }
        Ok(bytes)
    }

    /// Why a device says nothing though somebody is on the wire; `otherwise` if it is there after all.
    async fn silence(
        &mut self,
        master: &mut Master<B>,
        address: RomAddress,
        otherwise: ProbeError,
    ) -> ProbeError {
        // Whatever comes next on the wire may be a device that just started.
        self.configured = false;
        match master.search().await {
            Err(error) => error,
            Ok(found) if found.contains(address) => otherwise,
            Ok(found) if thermometers(&found).any(|other| !self.company.contains(other)) => {
                ProbeError::Swapped
            }
            Ok(_) => ProbeError::Absent,
        }
    }

    /// Makes the device measure, and sees it do so. What was measured before has a right checksum, too.
    async fn measure(
        &mut self,
        master: &mut Master<B>,
        address: RomAddress,
    ) -> Result<(), ProbeError> {
        for _ in 0..CONVERSIONS {
            yield_now().await;
            master.command(address, commands::CONVERT_TEMP).await?;
            if master.read_byte().await?.count_zeros() < BUSY_ZEROS {
                return Err(self.silence(master, address, ProbeError::Conversion).await);
            }
            self.wait.delay_us(LONGER_THAN_A_COPY_US).await;
            if master.read_byte().await?.count_zeros() >= BUSY_ZEROS {
                break;
            }
        }
        let mut waited_us = self.resolution.conversion_us();
        self.wait.delay_us(waited_us - LONGER_THAN_A_COPY_US).await;
        while master.read_byte().await? != DONE {
            if waited_us >= LONGEST_CONVERSION_US {
                // A wire that is held low says that it is busy, too.
                return Err(self.silence(master, address, ProbeError::Conversion).await);
            }
            self.wait.delay_us(POLL_US).await;
            waited_us += POLL_US;
        }
        Ok(())
    }
}

impl<B: Bus, A: DelayNs> ScratchpadSource for OnWire<'_, B, A> {
    type Error = ProbeError;

    fn choose(&mut self, choice: Option<Choice>) -> bool {
        let is_another = self.choice != choice;
        if is_another {
            self.choice = choice;
            if let Some(seat) = self.seat {
                self.wire.sit(seat, choice);
            }
            self.forget();
        }
        is_another
    }

    fn address(&self) -> Option<RomAddress> {
        self.address
    }

    async fn convert(&mut self) -> Result<(), ProbeError> {
        let mut master = self.wire.lock().await;
        if self.choice == Some(Choice::Any) && self.address.is_some() {
            let others = self.wire.others(self.seat);
            if others.any || self.address.is_some_and(|own| others.chosen.contains(own)) {
                // It was the only one; now another probe was given it, or would take it as well.
                self.forget();
            }
        }
        let address = match self.address {
            Some(address) => address,
            None => self.find(&mut master).await?,
        };
        if !self.configured {
            self.configure(&mut master, address).await?;
        }
        self.measure(&mut master, address).await
    }

    async fn scratchpad(&mut self) -> Result<[u8; SCRATCHPAD_LENGTH], ProbeError> {
        let mut master = self.wire.lock().await;
        let Some(address) = self.address else {
            return Err(ProbeError::Absent);
        };
        let bytes = self.fetch(&mut master, address).await?;
        let [_, _, _, _, configuration, ..] = bytes;
        // A device that lost its supply measures as its EEPROM says: it is set again before the next conversion.
        self.configured = configuration == self.resolution.configuration();
        Ok(bytes)
    }
}

impl<B, A> Drop for OnWire<'_, B, A> {
    fn drop(&mut self) {
        if let Some(seat) = self.seat {
            self.wire.leave_seat(seat);
        }
    }
}

/// Those that are a DS18B20.
fn thermometers(found: &Addresses) -> impl Iterator<Item = RomAddress> {
    found
        .iter()
        .filter(|address| address.family() == FAMILY_CODE)
}
