//! Ethernet by the W5500, and what of it is the board's own.

use dimmer_board::network::{STREAMS, tell};
use dimmer_rp2040_w5500::ethernet_line::EthernetLine;
use embassy_executor::Spawner;
use embassy_net::{Config, StackResources};
use embassy_net_wiznet::{Device, Runner, State, chip::W5500};
use embassy_rp::{
    clocks::RoscRng,
    gpio::{Input, Level, Output, Pull},
    peripherals::SPI0,
    spi::{self, Async, Spi},
};
use embassy_time::{Delay, Duration, Timer};
use embedded_hal_bus::spi::ExclusiveDevice;
use static_cell::StaticCell;

use super::{
    Shared,
    board::{Ethernet, Interrupts},
    console::say,
    last_words::end,
};

/// The W5500 is specified to 33 MHz.
const SPI_HERTZ: u32 = 20_000_000;

/// Frames that wait on their way in, and as many on their way out: one is passed on while another comes. More of them wait in the chip, which has 16 kB for each way.
const FRAMES: usize = 2;
/// DHCP, DNS, the streams, the page's doors, the name and the time.
const SOCKETS: usize = 2 + STREAMS + dimmer_web::DOORS + super::lan::SOCKETS;
/// A moment for the log before the board tries again.
const DEAD_CHIP_PAUSE: Duration = Duration::from_secs(5);

type Line = EthernetLine<ExclusiveDevice<Spi<'static, SPI0, Async>, Output<'static>, Delay>, Delay>;

static FRAME_BUFFERS: StaticCell<State<FRAMES, FRAMES>> = StaticCell::new();
static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();

/// Sets up the network beside everything else. The stack is in the slot as soon as the chip answers.
pub(super) fn start(spawner: Spawner, ethernet: Ethernet, shared: Shared) {
    match bring_up(spawner, ethernet, shared) {
        Ok(task) => spawner.spawn(task),
        Err(_) => end(format_args!("the network is brought up once")),
    }
}

#[embassy_executor::task]
async fn bring_up(spawner: Spawner, ethernet: Ethernet, shared: Shared) {
    let Shared { care, stack: slot } = shared;
    let id = care.app.identity().id;
    let mut config = spi::Config::default();
    config.frequency = SPI_HERTZ;
    let bus = Spi::new(
        ethernet.spi,
        ethernet.clock,
        ethernet.mosi,
        ethernet.miso,
        ethernet.transmit_dma,
        ethernet.receive_dma,
        Interrupts,
        config,
    );
    let select = Output::new(ethernet.select, Level::High);
    let Ok(line) = ExclusiveDevice::new(bus, select, Delay);
    let mut line = EthernetLine::new(line, Delay, id.mac(), |change| say!("{change}"));
    let interrupt = Input::new(ethernet.interrupt, Pull::Up);
    let mut reset = Output::new(ethernet.reset, Level::High);
    line.when_there(&mut reset).await;
    let frames = FRAME_BUFFERS.init_with(State::new);
    let chip = embassy_net_wiznet::new(id.mac(), frames, line, interrupt, reset).await;
    let Ok((device, runner)) = chip else {
        say!("the W5500 answered, and cannot be set up; check its supply and its wires");
        Timer::after(DEAD_CHIP_PAUSE).await;
        // What it had of pins and buffers is gone: the board starts again, with its output off.
        end(format_args!("the W5500 cannot be set up"));
    };
    let random = RoscRng.next_u64();
    let (stack, network) = embassy_net::new(
        device,
        Config::default(),
        RESOURCES.init_with(StackResources::new),
        random,
    );
    match (drive_chip(runner), drive_network(network)) {
        (Ok(chip), Ok(network)) => {
            spawner.spawn(chip);
            spawner.spawn(network);
        }
        _ => end(format_args!("the network is driven once")),
    }
    slot.set(stack);
    slot.follow(&care.app.config().network, id);
    tell(stack, |line| say!("{line}")).await
}

#[embassy_executor::task]
async fn drive_chip(runner: Runner<'static, W5500, Line, Input<'static>, Output<'static>>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn drive_network(mut runner: embassy_net::Runner<'static, Device<'static>>) -> ! {
    runner.run().await
}
