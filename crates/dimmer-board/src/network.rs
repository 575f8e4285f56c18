//! The network of a board with embassy-net: its address as the settings say, names, and streams to the brokers.

use core::{
    cell::{Cell, OnceCell, RefCell},
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use dimmer_app::{
    dimmer::{
        config::{AddressSource, Network},
        topics::DeviceId,
    },
    link::{Connect, ConnectError},
};
use embassy_futures::select::{Either, select};
use embassy_net::{
    ConfigV4, DhcpConfig, IpAddress, Ipv4Cidr, Stack, StaticConfigV4,
    dns::DnsQueryType,
    tcp::client::{TcpClient, TcpClientState, TcpConnection},
};
use embassy_time::{Duration, Instant, Timer};
use embedded_io_async::{ErrorType, Read, Write};
use embedded_nal_async::TcpConnect;

use crate::hostname;

/// So many sockets of the stack are the brokers': the session's, and the one by which it looks for a better broker.
pub const STREAMS: usize = 2;
const STREAM_BYTES: usize = 2048;
/// How often it is looked whether there is a stack by now, and an address.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// How often it is looked whether the cable is still there, and which address.
const LINK_LOOK: Duration = Duration::from_millis(100);
/// Settings name another address for so long before the board goes there. Streams over the one of before end with all that is still to be sent, and whoever asked for the other address is to have the answer.
const MOVES_AFTER: Duration = Duration::from_secs(1);

/// What the streams to the brokers receive into, and what they send from.
pub type StreamBuffers = TcpClientState<STREAMS, STREAM_BYTES, STREAM_BYTES>;

/// The address as the settings say.
#[must_use]
pub fn address(network: &Network, id: DeviceId) -> ConfigV4 {
    let set = network.address;
    match (set.source, set.ip.get()) {
        (AddressSource::Static, Some(ip)) => {
            let servers = set.dns.get().into_iter();
            ConfigV4::Static(StaticConfigV4 {
                address: Ipv4Cidr::new(ip, set.prefix_bits),
                gateway: set.gateway.get(),
                dns_servers: servers.collect(),
            })
        }
        _ => {
            let mut dhcp = DhcpConfig::default();
            // For the router's list of devices.
            dhcp.hostname = Some(hostname(&network.hostname, id));
            ConfigV4::Dhcp(dhcp)
        }
    }
}

/// The address of a host: what it is called, or the address itself.
///
/// # Errors
/// The name has no address, or nobody says which.
pub async fn resolve(stack: Stack<'_>, host: &str) -> Result<Ipv4Addr, ConnectError> {
    if let Ok(address) = host.parse() {
        return Ok(address);
    }
    let addresses = stack.dns_query(host, DnsQueryType::A).await;
    let addresses = addresses.map_err(|_| ConnectError::NameNotFound)?;
    let first = addresses.first();
    first
        .map(|IpAddress::Ipv4(address)| *address)
        .ok_or(ConnectError::NameNotFound)
}

/// Waits for the link and an address, by looking. Of all who wait for a change of its state a stack knows one alone: two tasks that do wake each
/// other for ever. So nobody waits for that, and everybody looks.
pub async fn when_up(stack: Stack<'_>) {
    let is_up = || stack.is_link_up() && stack.is_config_up();
    seen(LOOK_AGAIN, || is_up().then_some(())).await;
}

/// Says which address the board has, whenever it is another one, for ever.
pub async fn tell(stack: Stack<'_>, say: impl Fn(fmt::Arguments<'_>)) -> ! {
    let mut told = None;
    loop {
        let now = || stack.config_v4().map(|config| config.address);
        told = seen(LINK_LOOK, || (now() != told).then(now)).await;
        match told {
            Some(address) => say(format_args!("network: {address}")),
            None => say(format_args!("network: no address")),
        }
    }
}

/// Looks as often as that, until there is something to be seen.
async fn seen<T>(every: Duration, look: impl Fn() -> Option<T>) -> T {
    loop {
        match look() {
            Some(seen) => break seen,
            None => Timer::after(every).await,
        }
    }
}

/// The place of a stack that may come later, when a chip has answered; it goes by the settings of now, while everything runs.
#[derive(Default)]
pub struct Slot {
    stack: Cell<Option<Stack<'static>>>,
    /// What the stack was given last.
    given: RefCell<ConfigV4>,
    /// What else the settings say, and since when.
    next: RefCell<Option<(ConfigV4, Instant)>>,
    /// The board's address as an access point, which it is while there is one.
    own: Cell<Option<Ipv4Cidr>>,
}

impl Slot {
    /// There is none yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            stack: Cell::new(None),
            given: RefCell::new(ConfigV4::None),
            next: RefCell::new(None),
            own: Cell::new(None),
        }
    }

    /// There it is, or another one in its place. It has no address before [`follow`](Self::follow).
    pub fn set(&self, stack: Stack<'static>) {
        self.given.replace(ConfigV4::None);
        self.stack.set(Some(stack));
    }

    /// The stack, if there is one.
    #[must_use]
    pub fn get(&self) -> Option<Stack<'static>> {
        self.stack.get()
    }

    /// Waits until there is one.
    pub async fn when_there(&self) -> Stack<'static> {
        seen(LOOK_AGAIN, || self.get()).await
    }

    /// Gives the stack the address that the settings say, by themselves or by the router, who is told the board's name; an access point keeps its own. To be called again and again: what the stack was given last is not given
    /// again, which would have it ask the router anew.
    ///
    /// Its first address a stack has at once. Another one it has when the settings have said the same for a second: streams over the one of before end then.
    pub fn follow(&self, network: &Network, id: DeviceId) {
        let wanted = match self.own.get() {
            Some(own) => alone_at(own),
            None => address(network, id),
        };
        let is_first = *self.given.borrow() == ConfigV4::None;
        if is_first || *self.given.borrow() == wanted || self.stands(&wanted) {
            self.give(wanted);
        }
    }

    /// The board has this address at once, whatever the settings say, as it is an access point; until [`be_as_set`](Self::be_as_set).
    pub fn be_at(&self, own: Ipv4Cidr) {
        self.own.set(Some(own));
        self.give(alone_at(own));
    }

    /// The board is no access point any more, and has the address that the settings say at once.
    pub fn be_as_set(&self, network: &Network, id: DeviceId) {
        self.own.set(None);
        self.give(address(network, id));
    }

    /// Whether this has been wanted for long enough.
    fn stands(&self, wanted: &ConfigV4) -> bool {
        let mut next = self.next.borrow_mut();
        match &*next {
            Some((same, since)) if same == wanted => since.elapsed() >= MOVES_AFTER,
            _ => {
                *next = Some((wanted.clone(), Instant::now()));
                false
            }
        }
    }

    fn give(&self, wanted: ConfigV4) {
        let Some(stack) = self.get() else { return };
        self.next.replace(None);
        if *self.given.borrow() != wanted {
            stack.set_config_v4(wanted.clone());
            self.given.replace(wanted);
        }
    }
}

/// The address of a board that is a network by itself.
const fn alone_at(address: Ipv4Cidr) -> ConfigV4 {
    ConfigV4::Static(StaticConfigV4 {
        address,
        gateway: None,
        dns_servers: heapless::Vec::new(),
    })
}

impl fmt::Debug for Slot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut slot = formatter.debug_struct("Slot");
        slot.field("is_there", &self.get().is_some()).finish()
    }
}

/// Opens streams when the network is there.
pub struct Connector<'a> {
    slot: &'a Slot,
    client: OnceCell<TcpClient<'static, STREAMS, STREAM_BYTES, STREAM_BYTES>>,
    buffers: &'static StreamBuffers,
}

impl<'a> Connector<'a> {
    /// On the stack that is in the slot, or will be.
    pub const fn new(slot: &'a Slot, buffers: &'static StreamBuffers) -> Self {
        Self {
            slot,
            client: OnceCell::new(),
            buffers,
        }
    }
}

impl fmt::Debug for Connector<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut connector = formatter.debug_struct("Connector");
        connector.field("slot", self.slot).finish_non_exhaustive()
    }
}

impl Connect for Connector<'_> {
    type Stream<'a>
        = Stream<'a>
    where
        Self: 'a;

    async fn connect(&self, host: &str, port: u16) -> Result<Stream<'_>, ConnectError> {
        // The session gives up after ten seconds, so that the start waits here, for the chip and for the first address, and not between attempts.
        let stack = self.slot.when_there().await;
        when_up(stack).await;
        let connected = async {
            let address = resolve(stack, host).await?;
            // Without a time-out, which would end a stream on which nothing is to be said for that long: the session asks a broker that is silent.
            let client = self
                .client
                .get_or_init(|| TcpClient::new(stack, self.buffers));
            let remote = SocketAddr::new(IpAddr::V4(address), port);
            // It does not tell apart why; a host that is not there is silent, and the session gives up.
            let connected = client.connect(remote).await;
            connected.map(Stream).map_err(|_| ConnectError::Refused)
        };
        // What is asked while the cable is pulled, or the chip is lost, would wait for its answer long after it is back.
        let unlinked = seen(LINK_LOOK, || (!stack.is_link_up()).then_some(()));
        match select(connected, unlinked).await {
            Either::First(connected) => connected,
            Either::Second(()) => Err(ConnectError::Unreachable),
        }
    }
}

/// A stream whose flush does not wait for the other side's acknowledgement: what is written is on its way.
pub struct Stream<'a>(TcpConnection<'a, STREAMS, STREAM_BYTES, STREAM_BYTES>);

impl fmt::Debug for Stream<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Stream").finish_non_exhaustive()
    }
}

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

#[cfg(test)]
mod tests;
