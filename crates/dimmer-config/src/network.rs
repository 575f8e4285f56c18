//! The section `network`.

use core::net::Ipv4Addr;

use heapless::String;
use serde::{Deserialize, Serialize};

use crate::{
    HOST_CAPACITY, Ipv4, Secret,
    broker::{CONTROL, has_control},
};

/// The longest name of the board in its network, bytes; DHCP clients of boards take no longer one.
pub const HOSTNAME_CAPACITY: usize = 32;
/// The longest name of a Wi-Fi network, bytes (IEEE 802.11).
pub const SSID_CAPACITY: usize = 32;
/// The longest password of a Wi-Fi network, characters (WPA2 and WPA3 personal).
pub const WIFI_PASSWORD_CAPACITY: usize = 63;

/// A field, what is wrong with it, and what would be right.
type Fault = (&'static str, &'static str, &'static str);

/// What the board is called in its network, and how it comes into it. A dimmer on a desktop has the network of that, and needs none of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// The name told to the DHCP server, and with `.local` behind it the name by mDNS; empty: `dimmer-` and the id.
    pub hostname: String<HOSTNAME_CAPACITY>,
    /// Whether it answers by mDNS and announces its page. Default true.
    pub mdns: bool,
    /// Its address.
    pub address: Address,
    /// The host that tells the time (NTP); empty: none, and the dimmer does not know what day it is. Default `pool.ntp.org`.
    pub time_server: String<HOST_CAPACITY>,
    /// The Wi-Fi network; boards with Ethernet ignore it.
    pub wifi: Wifi,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            hostname: String::new(),
            mdns: true,
            address: Address::default(),
            time_server: String::try_from("pool.ntp.org").unwrap_or_default(),
            wifi: Wifi::default(),
        }
    }
}

impl Network {
    /// The first field that cannot be used, as (field, problem, expected).
    pub(crate) fn fault(&self) -> Option<Fault> {
        if !self.hostname.is_empty() && !is_dns_label(&self.hostname) {
            return Some((
                "hostname",
                "is not a name in a network",
                "letters, digits and hyphens, neither first nor last a hyphen, such as `cellar-tank`; or an empty text",
            ));
        }
        let blank = |letter: char| letter.is_whitespace() || letter.is_control();
        if self.time_server.chars().any(blank) {
            return Some((
                "time_server",
                "contains a blank",
                "a name such as `pool.ntp.org` or an address; or an empty text for none",
            ));
        }
        self.address.fault().or_else(|| self.wifi.fault())
    }
}

/// A label of a DNS name as hosts have it (RFC 1123, section 2.1). Its length is that of the text.
fn is_dns_label(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.bytes().all(fits) && !text.starts_with('-') && !text.ends_with('-')
}

/// Who gives the board its address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AddressSource {
    /// The network's DHCP server does, and says the gateway and the DNS server, too. The default.
    #[default]
    Dhcp,
    /// It stands here.
    Static,
}

/// The board's IPv4 address. All but the source counts only if that is [`AddressSource::Static`], and is kept otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Address {
    /// `dhcp` or `static`.
    pub source: AddressSource,
    /// The address itself.
    pub ip: Ipv4,
    /// So many leading bits of the address are those of its subnet, 1 to 30. Default 24, which is the mask 255.255.255.0.
    pub prefix_bits: u8,
    /// The router to all other networks, in the same subnet; none: nothing beyond the subnet is reached.
    pub gateway: Ipv4,
    /// Who is asked for names; none: hosts are known by address, or by mDNS.
    pub dns: Ipv4,
}

impl Default for Address {
    fn default() -> Self {
        Self {
            source: AddressSource::Dhcp,
            ip: Ipv4::NONE,
            prefix_bits: 24,
            gateway: Ipv4::NONE,
            dns: Ipv4::NONE,
        }
    }
}

/// An address that a host can have: not of those that mean this network, this host, many hosts, or none (RFC 6890).
fn is_of_a_host(address: Ipv4) -> bool {
    // 240.0.0.0/4 is reserved, and has the broadcast address in it.
    address.get().is_some_and(|address: Ipv4Addr| {
        let first = address.octets()[0];
        first != 0 && first < 240 && !address.is_loopback() && !address.is_multicast()
    })
}

impl Address {
    /// Whether an address is in the subnet and neither its own nor its broadcast address.
    fn has(&self, address: Ipv4) -> bool {
        let host_bits = u32::MAX
            .checked_shr(self.prefix_bits.into())
            .unwrap_or_default();
        let host = address.to_bits() & host_bits;
        (address.to_bits() ^ self.ip.to_bits()) & !host_bits == 0 && host != 0 && host != host_bits
    }

    fn fault(&self) -> Option<Fault> {
        if self.source == AddressSource::Dhcp {
            None
        } else if !(1..=30).contains(&self.prefix_bits) {
            Some((
                "address.prefix_bits",
                "is outside 1 to 30",
                "24 for the mask 255.255.255.0, as most routers have it",
            ))
        } else if !is_of_a_host(self.ip) {
            Some((
                "address.ip",
                "is not the address of a host",
                "a free address of the network, such as `192.168.1.50`; or `dhcp` as its `source`",
            ))
        } else if !self.has(self.ip) {
            Some((
                "address.ip",
                "is the first or the last address of its subnet, which no host can have",
                "a free address between them, such as `192.168.1.50` with 24 bits",
            ))
        } else if !self.gateway.is_none() && !self.has(self.gateway) {
            Some((
                "address.gateway",
                "is not a host in the subnet of address.ip",
                "the router's address in this network, such as `192.168.1.1`; or an empty text for none",
            ))
        } else if self.gateway == self.ip {
            Some((
                "address.gateway",
                "is the address of the dimmer itself",
                "the router's address, such as `192.168.1.1`; or an empty text for none",
            ))
        } else if !self.dns.is_none() && !is_of_a_host(self.dns) {
            Some((
                "address.dns",
                "is not the address of a host",
                "the router's address, such as `192.168.1.1`, or another DNS server's; or an empty text for none",
            ))
        } else {
            None
        }
    }
}

/// The Wi-Fi network that the board joins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wifi {
    /// Its name, up to 32 bytes of UTF-8; empty: none is known, and the board asks for one at an access point of its own.
    pub ssid: String<SSID_CAPACITY>,
    /// Its password, 8 to 63 characters of ASCII as WPA2 has it; empty: the network is open.
    pub password: Secret<WIFI_PASSWORD_CAPACITY>,
}

impl Wifi {
    fn fault(&self) -> Option<Fault> {
        let password = self.password.reveal();
        let is_printed = |byte: u8| (b' '..=b'~').contains(&byte);
        if self.password.is_withheld() {
            Some((
                "wifi.password",
                "was not told",
                "the password of that network, or an empty text if it is open",
            ))
        } else if has_control(&self.ssid) {
            Some((
                "wifi.ssid",
                CONTROL,
                "the name of the network as other devices show it",
            ))
        } else if self.ssid.is_empty() && !password.is_empty() {
            Some((
                "wifi.ssid",
                "is empty although a password is set",
                "the name of the network that the password belongs to",
            ))
        } else if !password.is_empty() && password.len() < 8 {
            Some((
                "wifi.password",
                "is shorter than 8 characters",
                "8 to 63 characters, as WPA2 has it; or an empty text for an open network",
            ))
        } else if !password.bytes().all(is_printed) {
            Some((
                "wifi.password",
                "has characters that no WPA2 password has",
                "letters, digits, blanks and signs of ASCII",
            ))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    fn faulty(spoil: impl FnOnce(&mut Network)) -> Option<&'static str> {
        let address = Address {
            source: AddressSource::Static,
            ip: Ipv4Addr::new(192, 168, 1, 50).into(),
            prefix_bits: 24,
            gateway: Ipv4Addr::new(192, 168, 1, 1).into(),
            dns: Ipv4Addr::new(9, 9, 9, 9).into(),
        };
        let mut network = Network {
            address,
            ..Network::default()
        };
        assert_eq!(network.fault(), None);
        spoil(&mut network);
        network.fault().map(|(field, ..)| field)
    }

    fn with_address(ip: [u8; 4], prefix_bits: u8) -> Option<&'static str> {
        faulty(|network| {
            network.address.ip = Ipv4Addr::from(ip).into();
            network.address.prefix_bits = prefix_bits;
            network.address.gateway = Ipv4::NONE;
        })
    }

    #[test]
    fn a_host_name_is_a_label_of_dns() {
        let named = |name: &str| faulty(|network| network.hostname = name.try_into().unwrap());
        for name in ["", "cellar-tank", "D1", "0", "dimmer-020000000001"] {
            assert_eq!(named(name), None, "{name}");
        }
        for name in [
            "-tank",
            "tank-",
            "my tank",
            "tank.local",
            "chauffe_eau",
            "é",
        ] {
            assert_eq!(named(name), Some("hostname"), "{name}");
        }
    }

    #[test]
    fn a_static_address_is_one_that_a_host_can_have() {
        assert_eq!(with_address([10, 0, 0, 1], 8), None);
        assert_eq!(with_address([192, 168, 1, 1], 30), None);
        assert_eq!(with_address([10, 0, 0, 0], 1), None);
        for (ip, bits) in [
            ([0, 0, 0, 0], 24),
            ([0, 0, 0, 7], 24),
            ([127, 0, 0, 1], 24),
            ([224, 0, 0, 251], 24),
            ([255, 255, 255, 255], 24),
            ([240, 0, 0, 1], 24),
            ([192, 168, 1, 0], 24),
            ([192, 168, 1, 255], 24),
            ([192, 168, 1, 4], 30),
            ([192, 168, 1, 7], 30),
        ] {
            assert_eq!(with_address(ip, bits), Some("address.ip"), "{ip:?}/{bits}");
        }
        for bits in [0, 31, 32, 33, 255] {
            assert_eq!(
                with_address([192, 168, 1, 50], bits),
                Some("address.prefix_bits")
            );
        }
    }

    #[test]
    fn a_gateway_is_another_host_of_the_subnet_and_a_dns_server_any_host() {
        let gateway =
            |ip: [u8; 4]| faulty(|network| network.address.gateway = Ipv4Addr::from(ip).into());
        assert_eq!(gateway([0, 0, 0, 0]), None);
        assert_eq!(gateway([192, 168, 1, 254]), None);
        for wrong in [
            [192, 168, 2, 1],
            [192, 168, 1, 0],
            [192, 168, 1, 255],
            [192, 168, 1, 50],
            [127, 0, 0, 1],
        ] {
            assert_eq!(gateway(wrong), Some("address.gateway"), "{wrong:?}");
        }
        let dns = |ip: [u8; 4]| faulty(|network| network.address.dns = Ipv4Addr::from(ip).into());
        assert_eq!(dns([0, 0, 0, 0]), None);
        assert_eq!(dns([224, 0, 0, 251]), Some("address.dns"));
    }

    #[test]
    fn what_dhcp_says_needs_no_address_here() {
        let by_dhcp = faulty(|network| {
            network.address = Address {
                prefix_bits: 99,
                ..Address::default()
            }
        });
        assert_eq!(by_dhcp, None);
    }

    #[test]
    fn a_wifi_password_is_one_of_wpa2_or_none() {
        let with = |ssid: &str, password: &str| {
            faulty(|network| {
                network.wifi.ssid = ssid.try_into().unwrap();
                network.wifi.password = password.try_into().unwrap();
            })
        };
        assert_eq!(with("", ""), None);
        assert_eq!(with("Café", ""), None);
        assert_eq!(with("home", "12345678"), None);
        assert_eq!(with("home", &"p".repeat(63)), None);
        assert_eq!(with("", "12345678"), Some("wifi.ssid"));
        assert_eq!(with("ho\u{0}me", ""), Some("wifi.ssid"));
        assert_eq!(with("home", "1234567"), Some("wifi.password"));
        assert_eq!(with("home", "motdepassé"), Some("wifi.password"));
        let withheld = faulty(|network| network.wifi.password = Secret::withheld());
        assert_eq!(withheld, Some("wifi.password"));
    }

    #[test]
    fn a_time_server_is_a_host_or_none() {
        let with = |host: &str| faulty(|network| network.time_server = host.try_into().unwrap());
        assert_eq!(with(""), None);
        assert_eq!(with("192.168.1.1"), None);
        assert_eq!(with("my server"), Some("time_server"));
    }

    #[test]
    fn it_reads_well_in_toml() {
        let network: Network = toml::from_str(
            "hostname = \"cellar-tank\"\n\
             [address]\nsource = \"static\"\nip = \"192.168.1.50\"\ngateway = \"192.168.1.1\"\n\
             [wifi]\nssid = \"home\"\npassword = \"correct horse\"\n",
        )
        .unwrap();
        assert_eq!(network.fault(), None);
        assert_eq!(
            network.address.ip.get(),
            Some(Ipv4Addr::new(192, 168, 1, 50))
        );
        assert_eq!(network.wifi.password.reveal(), "correct horse");
        assert!(network.mdns);
    }
}
