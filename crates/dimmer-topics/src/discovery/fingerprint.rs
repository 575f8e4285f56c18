//! A number by which unchanged discovery is recognized.

use crate::BufferTooSmall;
use crate::device::Device;
use crate::message::Message;
use crate::state::State;
use crate::topics::Topics;

/// FNV-1a, 32 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>).
struct Hash(u32);

impl Hash {
    const START: Self = Self(0x811c_9dc5);

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
        // What one message ends with and the next one begins with are not the same thing.
        self.0 = (self.0 ^ 0xff).wrapping_mul(0x0100_0193);
    }
}

impl Topics {
    /// A number of everything that is announced, topics and payloads. While it is the same, the broker has all of it already, if it
    /// was published and retained; another number tells that some of it has to be published, and
    /// [`Topics::obsolete`] to be removed.
    ///
    /// Two different announcements have the same number once in four thousand million times.
    ///
    /// `buffer`: room for one payload.
    ///
    /// # Errors
    /// [`BufferTooSmall`]; never with [`PAYLOAD_CAPACITY`](crate::PAYLOAD_CAPACITY) bytes.
    pub fn discovery_fingerprint(
        &self,
        device: &Device<'_>,
        buffer: &mut [u8],
    ) -> Result<u32, BufferTooSmall> {
        let mut hash = Hash::START;
        let state = State::default();
        for message in self.messages() {
            if matches!(message, Message::Discovery(_) | Message::DeviceDiscovery(_)) {
                hash.add(self.of(message).as_bytes());
                let length = self.write(message, &state, device, buffer)?;
                hash.add(buffer.get(..length).unwrap_or_default());
            }
        }
        Ok(hash.0)
    }
}
