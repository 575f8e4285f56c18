//! The network, over whatever device carries frames.

use dimmer_board::network::{STREAMS, tell};
use dimmer_web::DOORS;
use embassy_executor::Spawner;
use embassy_net::{Config, Stack, StackResources};
use esp_hal::rng::Rng;
use static_cell::StaticCell;

use super::{Device, console::say, ending::end, services};

/// DHCP, DNS, the streams, the page's, and the small services'.
const SOCKETS: usize = 2 + STREAMS + DOORS + services::SOCKETS;
/// Where browsers look for a page.
pub(super) const PAGE_PORT: u16 = 80;

static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();

/// Sets up the network beside everything else. It has no address yet.
pub(super) fn start(spawner: Spawner, device: Device) -> Stack<'static> {
    let random = Rng::new();
    let seed = u64::from(random.random()) << 32 | u64::from(random.random());
    let resources = RESOURCES.init_with(StackResources::new);
    let (stack, runner) = embassy_net::new(device, Config::default(), resources, seed);
    match (drive(runner), say_address(stack)) {
        (Ok(runner), Ok(told)) => {
            spawner.spawn(runner);
            spawner.spawn(told);
        }
        _ => end(format_args!("the network is driven once")),
    }
    stack
}

#[embassy_executor::task]
async fn drive(mut runner: embassy_net::Runner<'static, Device>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn say_address(stack: Stack<'static>) -> ! {
    tell(stack, |line| say!("{line}")).await
}
