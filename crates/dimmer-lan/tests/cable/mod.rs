//! A cable in memory between two stacks of embassy-net. The tests of other crates use it as well.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "each test program uses its part of it, and a failed step of a test is a failed test"
)]

use embassy_net::driver::{HardwareAddress, LinkState};
use embassy_net_driver_channel::{Device, RxRunner, State, StateRunner, TxRunner};

/// A frame of Ethernet.
pub const FRAME: usize = 1_514;

/// What one end holds.
pub type End = State<FRAME, 4, 4>;

/// Plugs in a device with this last byte of its hardware address: the link, which is up, what comes to the device and what leaves it, and the
/// device.
pub fn plug(
    end: &mut End,
    last: u8,
) -> (
    StateRunner<'_>,
    RxRunner<'_, FRAME>,
    TxRunner<'_, FRAME>,
    Device<'_, FRAME>,
) {
    let hardware = HardwareAddress::Ethernet([2, 0, 0, 0, 0, last]);
    let (runner, device) = embassy_net_driver_channel::new(end, hardware);
    let (link, to_device, from_device) = runner.split();
    link.set_link_state(LinkState::Up);
    (link, to_device, from_device, device)
}

/// One direction of the cable.
pub async fn carry(mut from: TxRunner<'_, FRAME>, mut to: RxRunner<'_, FRAME>) {
    loop {
        let frame = from.tx_buf().await;
        let length = frame.len();
        to.rx_buf().await[..length].copy_from_slice(frame);
        to.rx_done(length);
        from.tx_done();
    }
}
