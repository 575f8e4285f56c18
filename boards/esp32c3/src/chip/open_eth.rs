//! An OpenCores Ethernet MAC in the radio's place, at the address where emulators of the chip have it. No chip has one.
//!
//! Its registers and descriptors are those of the OpenCores "Ethernet IP Core Specification". It is polled: an emulator's time costs nothing.

#![expect(
    unsafe_code,
    reason = "registers, and buffers that the MAC reads and writes"
)]

use core::{
    sync::atomic::{Ordering, compiler_fence},
    task::Context,
};

use dimmer_app::dimmer::topics::DeviceId;
use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};

/// The frames of this device are the network's.
pub(super) type Device = OpenEth;

const REGISTERS: *mut u32 = 0x600C_D000 as *mut u32;
/// Places of registers, in words.
const MODE: usize = 0;
const INTERRUPTS: usize = 1;
const PACKET_LENGTHS: usize = 0x18 / 4;
const TRANSMIT_DESCRIPTORS: usize = 0x20 / 4;
const ADDRESS_LOW: usize = 0x40 / 4;
const ADDRESS_HIGH: usize = 0x44 / 4;
/// Descriptors of two words each: those of what is sent, then those of what is received.
const DESCRIPTORS: usize = 0x400 / 4;

/// Of the mode: receive, transmit, full duplex, append a checksum, pad short frames; and reset.
const RUNNING: u32 = 1 | 1 << 1 | 1 << 10 | 1 << 13 | 1 << 15;
const RESET: u32 = 1 << 11;
/// Of a descriptor: to be sent or received into; the last one; padded; with a checksum.
const READY: u32 = 1 << 15;
const LAST: u32 = 1 << 13;
const PADDED: u32 = 1 << 12;
const CHECKED: u32 = 1 << 11;

const RECEIVE_FRAMES: usize = 4;
const FRAME_BYTES: usize = 1_600;
const CHECKSUM_BYTES: usize = 4;
/// One frame is sent at a time; its descriptor is the first.
const TRANSMIT_FRAMES: usize = 1;

/// Of whole words: the MAC takes no other addresses.
type Frame = [u32; FRAME_BYTES / 4];

static mut FRAMES: [Frame; TRANSMIT_FRAMES + RECEIVE_FRAMES] =
    [[0; FRAME_BYTES / 4]; TRANSMIT_FRAMES + RECEIVE_FRAMES];

fn write(place: usize, word: u32) {
    compiler_fence(Ordering::SeqCst);
    // SAFETY: the places given here are registers and descriptors of the MAC, which nothing else in the program uses.
    unsafe { REGISTERS.add(place).write_volatile(word) };
}

fn read(place: usize) -> u32 {
    // SAFETY: as in `write`.
    let word = unsafe { REGISTERS.add(place).read_volatile() };
    compiler_fence(Ordering::SeqCst);
    word
}

/// The state word of a descriptor; behind it stands the frame's address.
const fn descriptor(frame: usize) -> usize {
    DESCRIPTORS + 2 * frame
}

fn is_ready(frame: usize) -> bool {
    read(descriptor(frame)) & READY != 0
}

fn offer(frame: usize) {
    let last = if frame == RECEIVE_FRAMES { LAST } else { 0 };
    write(descriptor(frame), READY | last);
}

fn place_of(frame: usize) -> *mut u8 {
    // Below the number of frames everywhere here.
    (&raw mut FRAMES)
        .cast::<u8>()
        .wrapping_add(frame * FRAME_BYTES)
}

/// The bytes of a frame.
///
/// # Safety
/// The MAC has given the frame back, and there is no other slice of it.
unsafe fn bytes_of<'a>(frame: usize, length: usize) -> &'a mut [u8] {
    let length = length.min(FRAME_BYTES);
    // SAFETY: it is within the static buffers, and nobody else's by this function's own condition.
    unsafe { core::slice::from_raw_parts_mut(place_of(frame), length) }
}

/// The MAC.
pub(super) struct OpenEth {
    id: DeviceId,
    /// The frame that is received next.
    next: usize,
}

impl OpenEth {
    /// Resets the MAC and lets it receive.
    pub(super) fn start(id: DeviceId) -> Self {
        let [a, b, c, d, e, f] = id.mac();
        write(MODE, RESET);
        write(MODE, 0);
        write(INTERRUPTS, 0x7F);
        write(TRANSMIT_DESCRIPTORS, 1);
        write(PACKET_LENGTHS, 64 << 16 | 1_536);
        write(ADDRESS_LOW, u32::from_be_bytes([c, d, e, f]));
        write(ADDRESS_HIGH, u32::from_be_bytes([0, 0, a, b]));
        for frame in 0..TRANSMIT_FRAMES + RECEIVE_FRAMES {
            // The chip's addresses have 32 bits.
            let address = u32::try_from(place_of(frame).addr()).unwrap_or_default();
            write(descriptor(frame) + 1, address);
        }
        write(descriptor(0), LAST);
        for frame in TRANSMIT_FRAMES..=RECEIVE_FRAMES {
            offer(frame);
        }
        write(MODE, RUNNING);
        Self {
            id,
            next: TRANSMIT_FRAMES,
        }
    }
}

/// A frame that was received.
pub(super) struct Received<'a>(&'a mut usize);

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, use_it: F) -> R {
        let frame = *self.0;
        let length = usize::try_from(read(descriptor(frame)) >> 16).unwrap_or_default();
        // SAFETY: it is not ready any more, so the MAC has given it back; it is offered again after this.
        let bytes = unsafe { bytes_of(frame, length.saturating_sub(CHECKSUM_BYTES)) };
        let used = use_it(bytes);
        offer(frame);
        *self.0 = if frame == RECEIVE_FRAMES {
            TRANSMIT_FRAMES
        } else {
            frame + 1
        };
        used
    }
}

/// A frame that can be sent.
pub(super) struct Sent;

impl TxToken for Sent {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, use_it: F) -> R {
        // SAFETY: a token is given only while nothing is being sent.
        let bytes = unsafe { bytes_of(0, length) };
        let length = u32::try_from(bytes.len()).unwrap_or_default();
        let used = use_it(bytes);
        write(
            descriptor(0),
            length << 16 | READY | LAST | PADDED | CHECKED,
        );
        used
    }
}

impl Driver for OpenEth {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sent;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Received<'_>, Sent)> {
        context.waker().wake_by_ref();
        let can = !is_ready(self.next) && !is_ready(0);
        can.then_some((Received(&mut self.next), Sent))
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<Sent> {
        context.waker().wake_by_ref();
        (!is_ready(0)).then_some(Sent)
    }

    fn link_state(&mut self, _context: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = 1_514;
        capabilities.max_burst_size = Some(1);
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.id.mac())
    }
}
