extern crate std;

use super::*;
use core::convert::Infallible;
use embassy_futures::block_on;
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, vec, vec::Vec};

const ADDRESS: [u8; 6] = [0x32, 0x6a, 0x3b, 0x7b, 0xae, 0x11];

/// Registers of a chip, whether it has a supply, and how often it was reset by its pin.
#[derive(Default)]
struct Chip {
    registers: BTreeMap<(u8, u16), u8>,
    is_gone: bool,
    transactions: u32,
    resets: u32,
    /// It is there when it was reset so often.
    comes_after: Option<u32>,
    /// Each answer that is a multiple of this is wrong until then, as its wire is loose.
    wrong_each: Option<u32>,
    answers: u32,
}

impl Chip {
    fn write(&mut self, block: u8, address: u16, data: &[u8]) {
        if self.is_gone {
            return;
        }
        for (at, value) in (address..).zip(data) {
            self.registers.insert((block, at), *value);
        }
        match (block, address, data) {
            (COMMON, MODE, [RESET]) => self.registers.clear(),
            (SOCKET, COMMAND, [OPEN]) => {
                self.registers.insert((SOCKET, STATUS), IS_RAW);
            }
            _ => {}
        }
    }

    fn read(&mut self, block: u8, address: u16, data: &mut [u8]) {
        self.answers += 1;
        let is_wrong = self
            .wrong_each
            .is_some_and(|each| self.answers.is_multiple_of(each));
        for (at, value) in (address..).zip(data) {
            *value = match self.is_gone || is_wrong {
                true => 0xff,
                false if (block, at) == (COMMON, VERSION) => IS_W5500,
                false => self.registers.get(&(block, at)).copied().unwrap_or(0),
            };
        }
    }
}

#[derive(Clone, Default)]
struct Spi(Rc<RefCell<Chip>>);

impl ErrorType for Spi {
    type Error = Infallible;
}

impl SpiDevice for Spi {
    async fn transaction(
        &mut self,
        operations: &mut [Operation<'_, u8>],
    ) -> Result<(), Infallible> {
        let [Operation::Write(address), Operation::Write([control]), data] = operations else {
            panic!("not as the driver does it");
        };
        let address = u16::from_be_bytes((*address).try_into().unwrap());
        let mut chip = self.0.borrow_mut();
        chip.transactions += 1;
        match data {
            Operation::Write(data) => chip.write(control >> 3, address, data),
            Operation::TransferInPlace(data) => chip.read(control >> 3, address, data),
            _ => panic!("not as the driver does it"),
        }
        Ok(())
    }
}

/// The pin by which it is reset, while that is low.
struct Reset(Spi);

impl embedded_hal::digital::ErrorType for Reset {
    type Error = Infallible;
}

impl OutputPin for Reset {
    fn set_low(&mut self) -> Result<(), Infallible> {
        let mut chip = self.0.0.borrow_mut();
        chip.resets += 1;
        chip.registers.clear();
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        let mut chip = self.0.0.borrow_mut();
        if chip.comes_after == Some(chip.resets) {
            chip.is_gone = false;
            chip.wrong_each = None;
        }
        Ok(())
    }
}

std::thread_local! {
    static TOLD: RefCell<Vec<Change>> = const { RefCell::new(Vec::new()) };
}

fn tell(change: Change) {
    TOLD.with_borrow_mut(|told| told.push(change));
}

struct NoWait;

impl DelayNs for NoWait {
    async fn delay_ns(&mut self, _: u32) {}
}

type Line = EthernetLine<Spi, NoWait>;

/// A chip that was set up, and its line.
fn line() -> (Line, Spi) {
    let spi = Spi::default();
    let mut line = EthernetLine::new(spi.clone(), NoWait, ADDRESS, tell);
    block_on(line.set_up()).unwrap();
    (line, spi)
}

/// As the driver reads.
fn read<const LENGTH: usize>(
    line: &mut Line,
    block: u8,
    address: u16,
) -> Result<[u8; LENGTH], LineError<Infallible>> {
    let mut data = [0; LENGTH];
    block_on(line.transaction(&mut [
        Operation::Write(&address.to_be_bytes()),
        Operation::Write(&[block << 3]),
        Operation::TransferInPlace(&mut data),
    ]))
    .map(|()| data)
}

fn set(spi: &Spi, block: u8, address: u16, value: u16) {
    spi.0
        .borrow_mut()
        .write(block, address, &value.to_be_bytes());
}

/// What is told until the chip is there, and how often it was reset meanwhile.
fn waits_for(chip: Chip) -> (Vec<Change>, u32) {
    let spi = Spi(Rc::new(RefCell::new(chip)));
    let mut line = EthernetLine::new(spi.clone(), NoWait, ADDRESS, tell);
    block_on(line.when_there(&mut Reset(spi.clone())));
    let resets = spi.0.borrow().resets;
    (TOLD.take(), resets)
}

#[test]
fn a_chip_that_is_there_at_the_start_is_not_held_up() {
    assert_eq!(waits_for(Chip::default()), (vec![], 0));
}

#[test]
fn a_chip_that_is_absent_at_the_start_is_waited_for_and_told_of_once() {
    let absent = |comes_after| Chip {
        is_gone: true,
        comes_after: Some(comes_after),
        ..Chip::default()
    };
    assert_eq!(waits_for(absent(1)), (vec![], 1), "it was to be reset");
    for resets in [2, 3_600] {
        let told = vec![Change::Absent, Change::There];
        assert_eq!(waits_for(absent(resets)), (told, resets));
    }
}

#[test]
fn a_chip_behind_a_loose_wire_is_waited_for_although_most_of_its_answers_are_right() {
    for wrong_each in [2, 3, 5, 7, 20] {
        let loose = Chip {
            wrong_each: Some(wrong_each),
            comes_after: Some(3),
            ..Chip::default()
        };
        let told = vec![Change::Absent, Change::There];
        assert_eq!(waits_for(loose), (told, 3), "{wrong_each}");
    }
}

#[test]
fn a_chip_that_came_late_is_one_like_any_other() {
    let spi = Spi::default();
    spi.0.borrow_mut().is_gone = true;
    spi.0.borrow_mut().comes_after = Some(5);
    let mut line = EthernetLine::new(spi.clone(), NoWait, ADDRESS, tell);
    block_on(line.when_there(&mut Reset(spi.clone())));
    block_on(line.set_up()).unwrap();
    let before = spi.0.borrow().registers.clone();
    TOLD.take();
    read::<1>(&mut line, COMMON, PHY).unwrap();
    assert_eq!(TOLD.take(), []);
    spi.0.borrow_mut().registers.clear();
    read::<1>(&mut line, COMMON, PHY).unwrap();
    assert_eq!(TOLD.take(), [Change::Lost, Change::SetUpAgain]);
    assert_eq!(spi.0.borrow().registers, before);
}

#[test]
fn a_chip_that_is_well_is_left_alone() {
    let (mut line, spi) = line();
    set(&spi, SOCKET, RECEIVED, 64);
    let before = spi.0.borrow().registers.clone();
    read::<1>(&mut line, COMMON, PHY).unwrap();
    assert_eq!(read(&mut line, SOCKET, RECEIVED), Ok([0, 64]));
    assert_eq!(spi.0.borrow().registers, before);
}

#[test]
fn a_chip_that_has_forgotten_is_set_up_again_when_the_cable_is_looked_at() {
    let (mut line, spi) = line();
    let before = spi.0.borrow().registers.clone();
    spi.0.borrow_mut().registers.clear();
    read::<1>(&mut line, COMMON, PHY).unwrap();
    assert_eq!(spi.0.borrow().registers, before);
}

#[test]
fn a_chip_without_a_supply_is_an_error_until_it_is_back() {
    let (mut line, spi) = line();
    let before = spi.0.borrow().registers.clone();
    spi.0.borrow_mut().is_gone = true;
    for _ in 0..3 {
        assert_eq!(read::<1>(&mut line, COMMON, PHY), Err(LineError::Lost));
        assert_eq!(
            read::<2>(&mut line, SOCKET, TRANSMIT_FREE),
            Err(LineError::Lost)
        );
    }
    *spi.0.borrow_mut() = Chip::default();
    assert_eq!(read(&mut line, SOCKET, RECEIVED), Ok([0, 0]));
    assert_eq!(spi.0.borrow().registers, before);
}

#[test]
fn a_driver_that_waits_for_room_learns_of_it_too() {
    let (mut line, spi) = line();
    read::<2>(&mut line, SOCKET, TRANSMIT_FREE).unwrap();
    let before = spi.0.borrow().registers.clone();
    spi.0.borrow_mut().registers.clear();
    let frame = read::<2>(&mut line, SOCKET, TRANSMIT_FREE);
    assert_eq!(frame, Err(LineError::Lost));
    read::<1>(&mut line, COMMON, PHY).unwrap();
    assert_eq!(spi.0.borrow().registers, before);
}

#[test]
fn nothing_is_done_within_a_frame() {
    let (mut line, spi) = line();
    spi.0.borrow_mut().registers.clear();
    let before = spi.0.borrow().transactions;
    for address in [0x24, 0x28] {
        read::<2>(&mut line, SOCKET, address).unwrap();
    }
    assert_eq!(spi.0.borrow().transactions - before, 2);
    assert!(spi.0.borrow().registers.is_empty());
}

#[test]
fn what_cannot_be_is_not_handed_on_and_the_chip_is_set_up_again() {
    let cases: Vec<(u8, u16, u16)> = vec![
        (SOCKET, RECEIVED, MOST_RECEIVED + 1),
        (SOCKET, RECEIVED, 0xffff),
        (RECEIVE_BUFFER, 0x1234, 0),
        (RECEIVE_BUFFER, 0x1234, 15),
        (RECEIVE_BUFFER, 0x1234, 1517),
    ];
    for (block, address, value) in cases {
        let (mut line, spi) = line();
        set(&spi, block, address, value);
        assert_eq!(
            read::<2>(&mut line, block, address),
            Err(LineError::Lost),
            "{value}"
        );
        assert_eq!(read(&mut line, SOCKET, RECEIVED), Ok([0, 0]), "{value}");
    }
}

#[test]
fn frames_that_can_be_are_handed_on() {
    let (mut line, spi) = line();
    for length in [16, 62, 1516_u16] {
        set(&spi, RECEIVE_BUFFER, 0x1234, length);
        assert_eq!(
            read(&mut line, RECEIVE_BUFFER, 0x1234),
            Ok(length.to_be_bytes())
        );
    }
}
