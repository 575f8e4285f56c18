//! Who may speak to the dimmer from a browser: by which name it was called, and from which page.
//!
//! A page of anybody's can make a browser send requests to an address in the house. Two tricks are known, and both are told by what
//! the browser itself says: a page on another site is named in `Origin` (cross-site request forgery), and a name that was made to
//! point into the house stands in `Host` (DNS rebinding).

use core::net::IpAddr;

use dimmer::config::{HOST_CAPACITY, is_host_name};

/// Why a request is refused before anybody looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// No `Host`, or more than one.
    HostMissing,
    /// A name that anybody could have made to point here.
    HostUnknown,
    /// It comes from a page of another site.
    OtherOrigin,
    /// A page sent it, whichever, and it is asked for by none: by this header it is known.
    Page {
        /// The header's name.
        header: &'static str,
    },
    /// It changes something, and lacks the header that no page of another site can add.
    NotFromThePage,
}

/// The last part of a name that no registry of public names sells: multicast DNS (RFC 6762), the home network (RFC 8375), private use
/// (ICANN 2024), and what routers usually give.
const HOUSE: [&str; 6] = ["local", "home.arpa", "internal", "lan", "home", "localhost"];

/// Whether the dimmer may be called by this name, which is what stands in `Host`, with or without a port.
#[must_use]
pub fn is_own_name(host: &str, hosts: &[heapless::String<HOST_CAPACITY>]) -> bool {
    let Some(name) = name(host) else {
        return false;
    };
    if name.parse::<IpAddr>().is_ok() {
        // Nobody can make an address point elsewhere.
        return true;
    }
    if !is_host_name(name) {
        return false;
    }
    let is_of_the_house = |ending: &&str| {
        name.len() == ending.len() && name.eq_ignore_ascii_case(ending)
            || name
                .len()
                .checked_sub(ending.len() + 1)
                .and_then(|start| name.get(start..))
                .and_then(|tail| tail.strip_prefix('.'))
                .is_some_and(|tail| tail.eq_ignore_ascii_case(ending))
    };
    // A name without a point is looked up in the house first.
    !name.contains('.')
        || HOUSE.iter().any(is_of_the_house)
        || hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The name or address of `Host`, without its port (RFC 9110, 7.2); nothing if it is not one.
fn name(host: &str) -> Option<&str> {
    let is_port = |port: &str| {
        (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit())
    };
    if let Some(rest) = host.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        address.parse::<core::net::Ipv6Addr>().ok()?;
        let fits = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return fits.then_some(address);
    }
    match host.split_once(':') {
        Some((name, port)) => is_port(port).then_some(name),
        None => Some(host),
    }
    .filter(|name| !name.is_empty())
}

/// Whether a page that calls itself `origin` is the one that this dimmer gave under the name `host`.
///
/// A program that is no browser sends no origin.
#[must_use]
pub fn is_own_origin(origin: &str, host: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| origin.strip_prefix(scheme) == Some(host))
}

/// What the headers of a request say of where it comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origins<'a> {
    /// `Host`, if there is exactly one.
    pub host: Option<&'a str>,
    /// `Origin`.
    pub origin: Option<&'a str>,
    /// `Sec-Fetch-Site`, which browsers add by themselves.
    pub fetch_site: Option<&'a str>,
    /// Whether the page's own header is there.
    pub has_own_header: bool,
}

impl Origins<'_> {
    /// Looks at where a request comes from.
    ///
    /// # Errors
    /// [`Stranger`]: why it is refused whatever it asks for.
    pub fn check(
        &self,
        changes_something: bool,
        hosts: &[heapless::String<HOST_CAPACITY>],
    ) -> Result<(), Stranger> {
        let host = self.host.ok_or(Stranger::HostMissing)?;
        if !is_own_name(host, hosts) {
            return Err(Stranger::HostUnknown);
        }
        if self
            .origin
            .is_some_and(|origin| !is_own_origin(origin, host))
        {
            return Err(Stranger::OtherOrigin);
        }
        if !changes_something {
            return Ok(());
        }
        if self
            .fetch_site
            .is_some_and(|site| !matches!(site, "same-origin" | "none"))
        {
            return Err(Stranger::OtherOrigin);
        }
        if !self.has_own_header {
            return Err(Stranger::NotFromThePage);
        }
        Ok(())
    }

    /// Looks whether a page sent it, whichever: what a router asks for has neither an origin nor a site, and neither has an address that
    /// somebody typed.
    ///
    /// # Errors
    /// A page did.
    pub fn check_no_browser(&self) -> Result<(), Stranger> {
        let by = |header| Err(Stranger::Page { header });
        if self.origin.is_some() {
            return by("Origin");
        }
        if self.fetch_site.is_some_and(|site| site != "none") {
            return by("Sec-Fetch-Site");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dimmer::config::Hosts;
    use proptest::prelude::*;

    fn own() -> Hosts {
        let mut hosts = Hosts::new();
        hosts
            .push("dimmer.example.org".try_into().unwrap())
            .unwrap();
        hosts
    }

    #[test]
    fn addresses_and_names_of_the_house_are_its_own() {
        for host in [
            "192.168.1.20",
            "192.168.1.20:8080",
            "[fe80::1]",
            "[::1]:80",
            "localhost:8080",
            "solar-dimmer",
            "solar-dimmer.local",
            "Tank.LAN:80",
            "a.b.home.arpa",
            "dimmer.example.org",
            "DIMMER.example.org:80",
        ] {
            assert!(is_own_name(host, &own()), "{host}");
        }
    }

    #[test]
    fn names_that_anybody_could_make_point_here_are_not() {
        for host in [
            "",
            ":80",
            "evil.com",
            "192.168.1.20.evil.com",
            "local.evil.com",
            "evillocal.com",
            "x.dimmer.example.org",
            "dimmer.example.org.evil.com",
            "evil.com.",
            "a..local",
            "evil.com:80:80",
            "localhost:port",
            "localhost:123456",
            "[evil.com]",
            "[::1",
            "[::1]evil.com",
            "evil.com/.local",
            "evil.com#.local",
            "évil.local",
            "user@a.local",
        ] {
            assert!(!is_own_name(host, &own()), "{host}");
        }
    }

    #[test]
    fn only_the_page_that_it_gave_under_this_name_is_its_own() {
        assert!(is_own_origin("http://10.0.0.1:80", "10.0.0.1:80"));
        for origin in [
            "null",
            "http://10.0.0.1",
            "http://evil.com",
            "http://10.0.0.1:80.evil.com",
            "ftp://10.0.0.1:80",
            "",
        ] {
            assert!(!is_own_origin(origin, "10.0.0.1:80"), "{origin}");
        }
    }

    #[test]
    fn what_changes_something_needs_the_pages_own_header() {
        let page = Origins {
            host: Some("10.0.0.1"),
            origin: Some("http://10.0.0.1"),
            fetch_site: Some("same-origin"),
            has_own_header: true,
        };
        assert_eq!(page.check(true, &[]), Ok(()));
        let refused = |origins: Origins<'_>, why| {
            assert_eq!(origins.check(true, &[]), Err(why), "{origins:?}");
        };
        refused(Origins { host: None, ..page }, Stranger::HostMissing);
        refused(
            Origins {
                host: Some("evil.com"),
                origin: Some("http://evil.com"),
                ..page
            },
            Stranger::HostUnknown,
        );
        let strange = Origins {
            origin: Some("null"),
            ..page
        };
        refused(strange, Stranger::OtherOrigin);
        assert_eq!(strange.check(false, &[]), Err(Stranger::OtherOrigin));
        let cross = Origins {
            origin: None,
            fetch_site: Some("cross-site"),
            ..page
        };
        refused(cross, Stranger::OtherOrigin);
        // Somebody follows a link to the dimmer.
        assert_eq!(cross.check(false, &[]), Ok(()));
        let form = Origins {
            has_own_header: false,
            ..page
        };
        refused(form, Stranger::NotFromThePage);
    }

    #[test]
    fn no_page_asks_what_a_router_asks() {
        let router = Origins {
            host: Some("10.0.0.1"),
            ..Origins::default()
        };
        let site = |fetch_site| Origins {
            fetch_site: Some(fetch_site),
            ..router
        };
        assert_eq!(router.check_no_browser(), Ok(()));
        assert_eq!(site("none").check_no_browser(), Ok(()), "typed by hand");
        for from in ["same-origin", "same-site", "cross-site", "else"] {
            let header = "Sec-Fetch-Site";
            assert_eq!(
                site(from).check_no_browser(),
                Err(Stranger::Page { header })
            );
        }
        let own = Origins {
            origin: Some("http://10.0.0.1"),
            ..router
        };
        let header = "Origin";
        assert_eq!(own.check_no_browser(), Err(Stranger::Page { header }));
    }

    proptest! {
        #[test]
        fn no_public_name_is_taken_for_its_own(name in "[a-z0-9-]{1,12}(\\.[a-z0-9-]{1,12}){0,3}", port in 0..70_000_u32) {
            for ending in ["com", "org", "net", "io"] {
                let host = std::format!("{name}.{ending}:{port}");
                prop_assert!(!is_own_name(&host, &own()) || name == "dimmer.example" && ending == "org");
            }
        }

        #[test]
        fn no_text_makes_it_stumble(host in "\\PC{0,80}", origin in "\\PC{0,80}") {
            let _ = is_own_name(&host, &own());
            let _ = is_own_origin(&origin, &host);
        }
    }
}
