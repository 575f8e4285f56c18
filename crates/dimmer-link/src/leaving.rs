//! The end of a stream.

use embassy_time::{Duration, with_timeout};
use embedded_io_async::Read;

/// A broker that has not closed the stream by then has had its DISCONNECT, or never will.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(1);

/// Waits until the broker closes a stream on which DISCONNECT was written, as it should (MQTT 5.0, 3.14.4). On a board another task sends
/// what was written, and of a stream that is dropped before it is sent nothing at all, not even its end: the broker would say the will
/// long after we are back with another one.
pub(crate) async fn until_closed<S: Read>(mut stream: S) {
    let mut rest = [0; 64];
    let read_to_end = async { while matches!(stream.read(&mut rest).await, Ok(1..)) {} };
    // One that stays open is dropped all the same.
    let _ = with_timeout(CLOSING_TIMEOUT, read_to_end).await;
}
