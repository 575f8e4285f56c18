//! First set-up: a dimmer without a network is an access point of its own, and whoever joins it is to see its page.

/// What phones and computers ask for to find out whether a network leads to the internet. An answer of another kind than they expect makes
/// them show a page; the dimmer's redirects to its own. A board's DNS server answers every name with the board's address.
pub const PORTAL_PROBES: [&str; 14] = [
    // Android, ChromeOS.
    "/generate_204",
    "/gen_204",
    // iOS, macOS.
    "/hotspot-detect.html",
    "/library/test/success.html",
    // Windows.
    "/connecttest.txt",
    "/ncsi.txt",
    "/redirect",
    // Firefox.
    "/canonical.html",
    "/success.txt",
    // Linux: GNOME and NetworkManager, KDE, Ubuntu.
    "/check_network_status.txt",
    "/nm-check.txt",
    "/check",
    // Kindle.
    "/kindle-wifi/wifistub.html",
    "/kindle-wifi/wifiredirect.html",
];

/// Whether a path is one that nobody but such a probe asks for.
#[must_use]
pub fn is_portal_probe(path: &str) -> bool {
    PORTAL_PROBES.contains(&path)
}
