//! The next datagram.

use core::net::SocketAddr;

use edge_nal::UdpReceive;
use embassy_time::{Duration, Timer};

/// So many failures in a row, and the socket is not listened to any more.
const FAILURES: u8 = 8;

/// The next datagram that fits the buffer. One that does not is passed over: some sockets tell its whole length, others an error, and
/// neither may end a service.
///
/// # Errors
/// The socket fails again and again.
pub(crate) async fn next<S: UdpReceive>(
    socket: &mut S,
    buffer: &mut [u8],
) -> Result<(usize, SocketAddr), S::Error> {
    let mut failures = 0_u8;
    loop {
        match socket.receive(buffer).await {
            Ok((length, from)) if length <= buffer.len() => return Ok((length, from)),
            Ok(_) => {}
            Err(error) if failures == FAILURES => return Err(error),
            Err(_) => {
                failures = failures.saturating_add(1);
                Timer::after(Duration::from_millis(100)).await;
            }
        }
    }
}
