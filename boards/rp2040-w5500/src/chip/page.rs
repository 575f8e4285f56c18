//! The page and the HTTP API, over embassy-net. Each server has a task of its own: the futures of all of them at once would not fit the stack while they are put together.

use dimmer_app::Web;
use dimmer_web::{DOORS, DoorBuffers, Doors, REQUEST_CAPACITY, STREAMS, Site};
use embassy_executor::Spawner;
use embassy_time::{Duration, Ticker};
use static_cell::{ConstStaticCell, StaticCell};

use super::{
    Shared,
    console::{Console, say},
    flash::BoardKept,
};

/// One more than there can be streams of states, which last.
const SERVERS: usize = STREAMS as usize + 1;
pub(super) const PORT: u16 = 80;
const RECEIVE_BYTES: usize = 1024;
const TRANSMIT_BYTES: usize = 1536;
/// How often a look is taken for the chart.
const LOOK: Duration = Duration::from_secs(5);

type BoardSite = Site<Web<'static, 'static, Console, &'static BoardKept>>;

static BUFFERS: ConstStaticCell<[DoorBuffers<RECEIVE_BYTES, TRANSMIT_BYTES>; DOORS]> =
    ConstStaticCell::new([([0; RECEIVE_BYTES], [0; TRANSMIT_BYTES]); DOORS]);
static REQUESTS: ConstStaticCell<[[u8; REQUEST_CAPACITY]; SERVERS]> =
    ConstStaticCell::new([[0; REQUEST_CAPACITY]; SERVERS]);

static SITE: StaticCell<BoardSite> = StaticCell::new();
static HALL: StaticCell<Doors<'static>> = StaticCell::new();

/// Serves it for ever, when the network is there.
#[embassy_executor::task]
pub(super) async fn run(spawner: Spawner, shared: Shared, is_safe: bool) {
    let Shared { care, stack } = shared;
    if !is_safe {
        say!(
            "the ring oscillator gives no random bits: there is no page, as its tokens could be guessed"
        );
        return;
    }
    care.tell_of_the_page();
    let stack = stack.when_there().await;
    let site = &*SITE.init_with(|| Site::new(Web::new(care.app, care.kept)));
    let doors = &*HALL.init_with(|| Doors::new(stack, PORT, BUFFERS.take()));
    if let Ok(task) = let_in(doors) {
        spawner.spawn(task);
    }
    for request in REQUESTS.take() {
        if let Ok(task) = work(doors, site, request) {
            spawner.spawn(task);
        }
    }
    let mut looks = Ticker::every(LOOK);
    loop {
        site.note_history();
        looks.next().await;
    }
}

#[embassy_executor::task]
async fn let_in(doors: &'static Doors<'static>) {
    doors.let_in().await;
}

#[embassy_executor::task(pool_size = SERVERS)]
async fn work(
    doors: &'static Doors<'static>,
    site: &'static BoardSite,
    request: &'static mut [u8; REQUEST_CAPACITY],
) {
    doors.work(site, request).await;
}
