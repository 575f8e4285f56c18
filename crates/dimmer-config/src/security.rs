//! The section `security`: who may come in besides whoever knows the password, which is kept apart from all settings.

use core::net::IpAddr;

use heapless::{String, Vec};
use serde::{Deserialize, Serialize};

use crate::{HOST_CAPACITY, IpAddress};

/// Most names besides the usual ones by which a dimmer may be called.
pub const HOSTS: usize = 4;

/// The places in the list, for whoever is told that one is wrong.
const HOSTS_AT: [&str; HOSTS] = ["hosts[0]", "hosts[1]", "hosts[2]", "hosts[3]"];

/// Names by which a dimmer may be called, besides addresses and names that only a house can give.
pub type Hosts = Vec<String<HOST_CAPACITY>, HOSTS>;

/// By which names the page may be called, and the way in for solar routers. No secret is among it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    /// Names by which the dimmer may be called, besides addresses and the house's own.
    pub hosts: Hosts,
    /// Solar routers.
    pub compatibility: Compatibility,
}

/// The way in for solar routers that steer dimmers over HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Compatibility {
    /// Whether it is open. Default false: it has no password.
    pub enabled: bool,
    /// The router's address: nobody else is let in. None (the default): nobody.
    pub address: IpAddress,
}

impl Compatibility {
    /// Whether this address is the router's, and the way in is open.
    #[must_use]
    pub fn lets_in(&self, address: IpAddr) -> bool {
        let router = self.address.get();
        let is_routers = |router: IpAddr| router.to_canonical() == address.to_canonical();
        self.enabled && router.is_some_and(is_routers)
    }
}

/// Whether a text is the name of a host, or an IPv4 address: labels of letters, digits, hyphens and, as some houses have them, underscores.
#[must_use]
pub fn is_host_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(fits);
    text.split('.').all(is_label)
}

impl Security {
    /// The first field that cannot be used, as (field, problem, expected).
    pub(crate) fn fault(&self) -> Option<(&'static str, &'static str, &'static str)> {
        let mut hosts = self.hosts.iter().zip(HOSTS_AT);
        if let Some((_, field)) = hosts.find(|(host, _)| !is_host_name(host)) {
            Some((
                field,
                "is not the name of a host",
                "a name without a port, such as `dimmer.example.org`",
            ))
        } else if self.compatibility.enabled && self.compatibility.address.is_none() {
            Some((
                "compatibility.address",
                "is missing although the way in for routers is open",
                "the address of the router, such as `192.168.1.10`",
            ))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_address_is_the_router_and_only_while_it_is_open() {
        let router: IpAddr = [192, 168, 1, 10].into();
        let mut security = Security::default();
        security.compatibility.address = router.into();
        assert!(!security.compatibility.lets_in(router));
        security.compatibility.enabled = true;
        assert_eq!(security.fault(), None);
        let open = security.compatibility;
        assert!(open.lets_in(router));
        assert!(open.lets_in("::ffff:192.168.1.10".parse().unwrap()));
        assert!(!open.lets_in([192, 168, 1, 11].into()));
        security.compatibility.address = IpAddress::NONE;
        let field = security.fault().map(|(field, ..)| field);
        assert_eq!(field, Some("compatibility.address"));
        assert!(!security.compatibility.lets_in(router));
    }

    #[test]
    fn a_host_is_a_bare_name() {
        let fault = |name: &str| {
            let mut security = Security::default();
            security.hosts.push("tank.lan".try_into().unwrap()).unwrap();
            security.hosts.push(name.try_into().unwrap()).unwrap();
            security.fault().map(|(field, ..)| field)
        };
        for name in [
            "dimmer.example.org",
            "DIMMER",
            "my_tank.org",
            "192.168.1.20",
        ] {
            assert_eq!(fault(name), None, "{name}");
        }
        for wrong in [
            "",
            ".",
            "a b.org",
            "a..org",
            "dimmer.example.org.",
            "dimmer.example.org:80",
            "http://x.org",
            "*.org",
            "fd00::10",
            "é.org",
        ] {
            assert_eq!(fault(wrong), Some("hosts[1]"), "{wrong}");
        }
    }

    #[test]
    fn it_reads_well_in_toml() {
        let security: Security = toml::from_str(
            "hosts = [\"dimmer.example.org\"]\n[compatibility]\nenabled = true\naddress = \"192.168.1.10\"\n",
        )
        .unwrap();
        assert_eq!(security.fault(), None);
        assert_eq!(security.hosts.len(), 1);
        assert!(security.compatibility.lets_in([192, 168, 1, 10].into()));
    }
}
