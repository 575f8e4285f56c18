//! Ethernet by the W5500, an address by DHCP, and streams to the brokers.

use core::{
    cell::{Cell, OnceCell},
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use dimmer_app::{
    dimmer::topics::DeviceId,
    link::{Connect, ConnectError},
};
use embassy_executor::Spawner;
use embassy_net::{
    DhcpConfig, IpAddress, Stack, StackResources,
    dns::DnsQueryType,
    tcp::client::{TcpClient, TcpClientState, TcpConnection},
};
use embassy_net_wiznet::{Device, Runner, State, chip::W5500};
use embassy_rp::{
    clocks::RoscRng,
    gpio::{Input, Level, Output, Pull},
    peripherals::SPI0,
    spi::{self, Async, Spi},
};
use embassy_time::{Delay, Duration, Timer};
use embedded_hal_bus::spi::ExclusiveDevice;
use embedded_io_async::{ErrorType, Read, Write};
use embedded_nal_async::TcpConnect;
use static_cell::StaticCell;

use super::{
    board::{Ethernet, Interrupts},
    console::say,
    last_words::end,
};

/// The W5500 is specified to 33 MHz.
const SPI_HERTZ: u32 = 20_000_000;

/// Frames that wait on their way in and out.
const FRAMES: usize = 4;
/// DHCP, DNS, and the streams.
const SOCKETS: usize = 4;
/// The session's, and the one by which it looks for a better broker.
const STREAMS: usize = 2;
const STREAM_BYTES: usize = 2048;
/// A broker that does not acknowledge for so long is gone.
const TIME_OUT: Duration = Duration::from_secs(15);
/// The chip's clock takes a tenth of a second to start.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// A moment for the log before the board tries again.
const DEAD_CHIP_PAUSE: Duration = Duration::from_secs(5);

type Line = ExclusiveDevice<Spi<'static, SPI0, Async>, Output<'static>, Delay>;
type Slot = Cell<Option<Stack<'static>>>;
type Client = TcpClient<'static, STREAMS, STREAM_BYTES, STREAM_BYTES>;

static FRAME_BUFFERS: StaticCell<State<FRAMES, FRAMES>> = StaticCell::new();
static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();
static STREAM_BUFFERS: StaticCell<TcpClientState<STREAMS, STREAM_BYTES, STREAM_BYTES>> =
    StaticCell::new();

/// Sets up the network beside everything else. The stack is in the slot as soon as the chip answers.
pub(super) fn start(spawner: Spawner, ethernet: Ethernet, id: DeviceId, slot: &'static Slot) {
    match bring_up(spawner, ethernet, id, slot) {
        Ok(task) => spawner.spawn(task),
        Err(_) => end(format_args!("the network is brought up once")),
    }
}

#[embassy_executor::task]
async fn bring_up(spawner: Spawner, ethernet: Ethernet, id: DeviceId, slot: &'static Slot) {
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
    let interrupt = Input::new(ethernet.interrupt, Pull::Up);
    let reset = Output::new(ethernet.reset, Level::High);
    let frames = FRAME_BUFFERS.init_with(State::new);
    let chip = embassy_net_wiznet::new(id.mac(), frames, line, interrupt, reset).await;
    let Ok((device, runner)) = chip else {
        say!("the W5500 does not answer; check its supply and its wires");
        Timer::after(DEAD_CHIP_PAUSE).await;
        // What it had of pins and buffers is gone: the board starts again, with its output off.
        end(format_args!("the W5500 does not answer"));
    };
    let mut dhcp = DhcpConfig::default();
    dhcp.hostname = hostname(id);
    let random = RoscRng.next_u64();
    let (stack, network) = embassy_net::new(
        device,
        embassy_net::Config::dhcpv4(dhcp),
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
    slot.set(Some(stack));
    loop {
        stack.wait_config_up().await;
        if let Some(config) = stack.config_v4() {
            say!("network: {}", config.address);
        }
        stack.wait_config_down().await;
        say!("network: no address");
    }
}

#[embassy_executor::task]
async fn drive_chip(runner: Runner<'static, W5500, Line, Input<'static>, Output<'static>>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn drive_network(mut runner: embassy_net::Runner<'static, Device<'static>>) -> ! {
    runner.run().await
}

/// `solar-dimmer-` and the id, for the router's list of devices.
fn hostname(id: DeviceId) -> Option<heapless::String<32>> {
    use core::fmt::Write as _;
    let mut name = heapless::String::new();
    // 25 bytes.
    write!(name, "solar-dimmer-{id}").ok()?;
    Some(name)
}

/// Opens streams when the network is there.
pub(super) struct Connector {
    slot: &'static Slot,
    client: OnceCell<Client>,
    buffers: &'static TcpClientState<STREAMS, STREAM_BYTES, STREAM_BYTES>,
}

impl Connector {
    pub(super) fn new(slot: &'static Slot) -> Self {
        Self {
            slot,
            client: OnceCell::new(),
            buffers: STREAM_BUFFERS.init_with(TcpClientState::new),
        }
    }
}

impl Connect for Connector {
    type Stream<'a> = Stream<'a>;

    async fn connect(&self, host: &str, port: u16) -> Result<Stream<'_>, ConnectError> {
        // The session gives up after ten seconds, so that the start waits here, for the chip and for the first address, and not between attempts.
        let stack = loop {
            match self.slot.get() {
                Some(stack) => break stack,
                None => Timer::after(LOOK_AGAIN).await,
            }
        };
        stack.wait_config_up().await;
        let address = match host.parse::<Ipv4Addr>() {
            Ok(address) => address,
            Err(_) => resolve(stack, host).await?,
        };
        let client = self.client.get_or_init(|| {
            let mut client = TcpClient::new(stack, self.buffers);
            client.set_timeout(Some(TIME_OUT));
            client
        });
        let remote = SocketAddr::new(IpAddr::V4(address), port);
        // It does not tell apart why; a host that is not there is silent, and the session gives up before the time-out.
        let connected = client.connect(remote).await;
        connected.map(Stream).map_err(|_| ConnectError::Refused)
    }
}

async fn resolve(stack: Stack<'static>, host: &str) -> Result<Ipv4Addr, ConnectError> {
    let addresses = stack.dns_query(host, DnsQueryType::A).await;
    let addresses = addresses.map_err(|_| ConnectError::NameNotFound)?;
    let first = addresses.first();
    first
        .map(|IpAddress::Ipv4(address)| *address)
        .ok_or(ConnectError::NameNotFound)
}

/// A stream whose flush does not wait for the other side's acknowledgement: what is written is on its way.
pub(super) struct Stream<'a>(TcpConnection<'a, STREAMS, STREAM_BYTES, STREAM_BYTES>);

impl ErrorType for Stream<'_> {
    type Error = embassy_net::tcp::Error;
}

impl Read for Stream<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        self.0.read(buffer).await
    }
}

impl Write for Stream<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.0.write(bytes).await
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}
