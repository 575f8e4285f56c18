//! The page and the HTTP API, over embassy-net.

use dimmer_app::Web;
use dimmer_web::{DOORS, DoorBuffers, REQUEST_CAPACITY, Site, serve_doors};
use embassy_futures::join::join;
use embassy_net::Stack;
use embassy_time::{Duration, Ticker};
use static_cell::ConstStaticCell;

use super::{BoardCaretaker, network::PAGE_PORT};

/// So many connections are served at once; the others of a browser wait at the doors.
const SERVERS: usize = 2;
/// Streams of states last.
const STREAMS: u8 = 1;
const _: () = assert!(
    (STREAMS as usize) < SERVERS,
    "who watches keeps nobody else out"
);
const RECEIVE_BYTES: usize = 1024;
const TRANSMIT_BYTES: usize = 1536;
/// How often a look is taken for the chart.
const LOOK: Duration = Duration::from_secs(5);

static BUFFERS: ConstStaticCell<[DoorBuffers<RECEIVE_BYTES, TRANSMIT_BYTES>; DOORS]> =
    ConstStaticCell::new([([0; RECEIVE_BYTES], [0; TRANSMIT_BYTES]); DOORS]);
static REQUESTS: ConstStaticCell<[[u8; REQUEST_CAPACITY]; SERVERS]> =
    ConstStaticCell::new([[0; REQUEST_CAPACITY]; SERVERS]);

/// Serves it for ever.
pub(super) async fn serve(care: &BoardCaretaker<'_>, stack: Stack<'static>) {
    care.tell_of_the_page();
    let site = Site::new(Web::new(care.app, care.kept)).with_streams(STREAMS);
    let look = async {
        let mut looks = Ticker::every(LOOK);
        loop {
            site.note_history();
            looks.next().await;
        }
    };
    let (buffers, requests) = (BUFFERS.take(), REQUESTS.take());
    join(
        serve_doors(&site, stack, PAGE_PORT, buffers, requests),
        look,
    )
    .await;
}
