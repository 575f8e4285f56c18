//! Who may come in: what a board keeps of it.

use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{Credential, Failure, Hosts, is_own_name};

/// The longest [`Security`] as a board keeps it, bytes.
pub const SECURITY_CAPACITY: usize = 384;

/// [`Security`] as a board keeps it.
pub type StoredSecurity = heapless::Vec<u8, SECURITY_CAPACITY>;

/// The way in for solar routers that steer dimmers over HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Compatibility {
    /// Whether it is open. Default false: it has no password.
    pub enabled: bool,
    /// The router's address: nobody else is let in. None (the default): nobody.
    pub address: Option<IpAddr>,
}

/// Who may come in. A board keeps it with its configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    /// The password; none: nobody has set one yet, and nothing can be changed.
    pub credential: Option<Credential>,
    /// Names by which the dimmer may be called, besides addresses and the house's own.
    pub hosts: Hosts,
    /// Solar routers.
    pub compatibility: Compatibility,
}

impl Security {
    /// Whether it can be used.
    ///
    /// # Errors
    /// [`Failure`] names the first part that cannot.
    pub fn validate(&self) -> Result<(), Failure> {
        for host in &self.hosts {
            let is_bare = !host.contains(':') && is_own_name(host, core::slice::from_ref(host));
            if !is_bare {
                return Err(Failure::new(
                    422,
                    "hosts",
                    "is not the name of a host",
                    "a name without a port, such as `dimmer.example.org`",
                ));
            }
        }
        if self.compatibility.enabled && self.compatibility.address.is_none() {
            return Err(Failure::new(
                422,
                "compatibility.address",
                "is missing although the way in for routers is open",
                "the address of the router, such as `192.168.1.10`",
            ));
        }
        Ok(())
    }

    /// The bytes that a board keeps (postcard). They are the password's hash: not to be shown.
    ///
    /// # Errors
    /// [`Failure`] when they are more than [`SECURITY_CAPACITY`]; a test holds that they are not.
    pub fn to_stored(&self) -> Result<StoredSecurity, Failure> {
        let mut bytes = StoredSecurity::new();
        let is_sized = bytes.resize_default(SECURITY_CAPACITY).is_ok();
        let length = postcard::to_slice(self, &mut bytes).map(|bytes| bytes.len());
        let (true, Ok(length)) = (is_sized, length) else {
            return Err(Failure::too_large());
        };
        bytes.truncate(length);
        Ok(bytes)
    }

    /// What [`to_stored`](Self::to_stored) gave; nothing when it is something else, or cannot be used.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        let (security, rest): (Self, _) = postcard::take_from_bytes(bytes).ok()?;
        (rest.is_empty() && security.validate().is_ok()).then_some(security)
    }

    /// Whether this address is the router's, and the way in is open.
    #[must_use]
    pub fn is_router(&self, address: IpAddr) -> bool {
        let Compatibility {
            enabled,
            address: router,
        } = self.compatibility;
        enabled && router.is_some_and(|router| router.to_canonical() == address.to_canonical())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_address_is_the_router_and_only_while_it_is_open() {
        let mut security = Security::default();
        let router: IpAddr = [192, 168, 1, 10].into();
        security.compatibility.address = Some(router);
        assert!(!security.is_router(router));
        security.compatibility.enabled = true;
        assert!(security.is_router(router));
        assert!(security.is_router("::ffff:192.168.1.10".parse().unwrap()));
        assert!(!security.is_router([192, 168, 1, 11].into()));
        security.compatibility.address = None;
        assert_eq!(
            security.validate().unwrap_err().path,
            "compatibility.address"
        );
        assert!(!security.is_router(router));
    }

    #[test]
    fn the_longest_is_read_as_it_was_stored_and_nothing_that_is_cut() {
        let mut security = Security::default();
        assert_eq!(
            Security::from_stored(&security.to_stored().unwrap()),
            Some(security.clone())
        );
        while security
            .hosts
            .push(core::iter::repeat_n('h', crate::HOST_CAPACITY).collect())
            .is_ok()
        {}
        security.compatibility.enabled = true;
        security.compatibility.address = Some("fd00::1".parse().unwrap());
        let mut stretching = crate::Stretching::new("correct horse", [0xff; 16], 1);
        security.credential = stretching.step();
        assert!(security.credential.is_some());
        let bytes = security.to_stored().unwrap();
        assert_eq!(Security::from_stored(&bytes), Some(security.clone()));
        for length in 0..bytes.len() {
            assert_eq!(Security::from_stored(&bytes[..length]), None);
        }
        let mut longer = bytes.clone();
        longer.push(0).unwrap();
        assert_eq!(Security::from_stored(&longer), None);
        security.compatibility.address = None;
        assert_eq!(
            Security::from_stored(&security.to_stored().unwrap()),
            None,
            "open to nobody knows whom"
        );
    }

    #[test]
    fn a_host_is_a_bare_name() {
        let valid = |name: &str| {
            let mut security = Security::default();
            security.hosts.push(name.try_into().unwrap()).unwrap();
            security.validate().is_ok()
        };
        assert!(valid("dimmer.example.org"));
        for wrong in [
            "",
            "a b.org",
            "dimmer.example.org:80",
            "http://x.org",
            "*.org",
        ] {
            assert!(!valid(wrong), "{wrong}");
        }
    }
}
