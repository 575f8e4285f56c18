//! A dimmer that is an access point of its own, and phones that look for the internet there.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use dimmer_web::{Origins, PORTAL_PROBES, is_portal_probe};

use super::*;

const HERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 168, 4, 1)), 80);

fn asked(bench: &Bench, method: &str, host: &str, path: &str) -> (u16, Option<SocketAddr>) {
    let request = Request {
        origins: Origins {
            host: Some(host),
            ..Origins::default()
        },
        ..Request::new(method, path, STRANGER)
    };
    let (answer, _) = bench.whole_answer(&request);
    (answer.status, answer.location)
}

#[test]
fn phones_that_look_for_the_internet_are_sent_to_the_page() {
    let bench = Bench::new();
    bench.set_up_at(Some(HERE));
    for path in PORTAL_PROBES {
        assert_eq!(
            asked(&bench, "GET", "captive.example.com", path),
            (302, Some(HERE))
        );
        for method in ["GET", "HEAD"] {
            assert_eq!(
                asked(&bench, method, "192.168.4.1", path),
                (302, Some(HERE))
            );
        }
    }
    assert_eq!(
        asked(&bench, "GET", "www.example.com", "/news?id=1"),
        (302, Some(HERE))
    );
    // There, everything is as ever.
    assert_eq!(asked(&bench, "GET", "192.168.4.1", "/"), (200, None));
    assert_eq!(
        asked(&bench, "GET", "192.168.4.1", "/elsewhere"),
        (404, None)
    );
    let session = value(&bench.get("/api/v1/session", None).1);
    assert_eq!(session["set_up"], true);
}

#[test]
fn a_name_of_another_host_still_changes_nothing_and_reads_nothing() {
    let bench = Bench::new();
    bench.set_up_at(Some(HERE));
    let before = bench.kept();
    assert_eq!(
        asked(&bench, "POST", "www.example.com", "/api/v1/password"),
        (421, None)
    );
    assert_eq!(
        asked(&bench, "GET", "www.example.com", "/api/v1/state"),
        (302, Some(HERE))
    );
    assert!(bench.kept() == before);
}

#[test]
fn a_dimmer_with_a_network_sends_nobody_anywhere() {
    let bench = Bench::new();
    for path in PORTAL_PROBES {
        assert_eq!(asked(&bench, "GET", "192.168.4.1", path), (404, None));
        assert_eq!(
            asked(&bench, "GET", "captive.example.com", path),
            (421, None)
        );
        assert!(is_portal_probe(path) && ROUTES.iter().all(|route| route.path != path));
    }
}
