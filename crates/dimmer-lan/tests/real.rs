//! The example in a network of its own, between two network namespaces, and programs of others that talk to it: Python's zeroconf, chrony, dig
//! and udhcpc.
//!
//! `cargo test -p dimmer-lan -- --ignored`; `cargo xtask setup` installs what it needs, `cargo xtask test` runs it.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

const NEEDS: &str = "needs Linux, and what cargo xtask setup installs";

/// Its processes end with it, as it is the first one of a namespace of processes. The network in which it runs is the board's, with the address 192.168.4.1; `phone COMMAND` runs one on the other end of the cable.
const CABLE: &str = r#"
set -eu
mount -t tmpfs tmpfs /run
ip link set lo up
ip link add board type veth peer name phone
unshare --net sleep 300 & phone=$!
while [ "$(readlink /proc/$phone/ns/net)" = "$(readlink /proc/$$/ns/net)" ]; do sleep 0.05; done
ip link set phone netns $phone
ip addr add 192.168.4.1/24 dev board
ip link set board up
# A desktop sends nothing to all or to a group without a way.
ip route add 255.255.255.255/32 dev board
ip route add 224.0.0.0/4 dev board
phone() { nsenter --net=/proc/$phone/ns/net "$@"; }
phone ip link set lo up
phone ip link set phone up
with_address() {
    phone ip addr add 192.168.4.7/24 dev phone
    phone ip route add 224.0.0.0/4 dev phone
}
"#;

fn example() -> PathBuf {
    let program = env::current_exe().unwrap();
    let folder = program.parent().and_then(Path::parent).unwrap();
    let example = folder.join("examples/services");
    assert!(
        example.exists(),
        "{}: cargo build --examples",
        example.display()
    );
    example
}

/// Runs a script in the namespace of the board, and gives what it printed.
fn in_namespace(programs: &[&str], script: &str) -> String {
    for program in ["unshare", "nsenter", "ip"].iter().chain(programs) {
        let found = Command::new("sh")
            .args([
                "-c",
                &format!("PATH=$PATH:/usr/sbin:/sbin command -v {program}"),
            ])
            .output()
            .unwrap();
        assert!(found.status.success(), "{program} is missing: {NEEDS}");
    }
    let ran = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--net",
            "--mount",
            "--pid",
            "--fork",
        ])
        .args(["--mount-proc", "sh", "-c", &format!("{CABLE}{script}")])
        .env("SERVICES", example())
        .env(
            "PATH",
            format!("{}:/usr/sbin:/sbin", env::var("PATH").unwrap()),
        )
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&ran.stdout).into_owned();
    if !ran.status.success() {
        panic!(
            "{}\n{printed}\n{}",
            ran.status,
            String::from_utf8_lossy(&ran.stderr)
        );
    }
    printed
}

#[test]
#[ignore = "needs Python's zeroconf and network namespaces: cargo xtask setup"]
fn zeroconf_finds_the_host_its_page_and_the_dimmer_and_hears_the_farewell() {
    let printed = in_namespace(
        &["python3"],
        r#"
with_address
# Its standard input ends, and it says farewell, when somebody has written to the fifo.
mkfifo /run/enough
cat /run/enough | "$SERVICES" mdns 192.168.4.1/24 tank &
phone /usr/bin/python3 - <<'END'
import socket, sys, time
try:
    from zeroconf import ServiceBrowser, ServiceStateChange, Zeroconf
except ImportError:
    sys.exit("zeroconf of Python is missing: needs what cargo xtask setup installs")
found, gone = {}, set()
def changed(zeroconf, service_type, name, state_change):
    if state_change is ServiceStateChange.Removed:
        gone.add(name)
    else:
        found[name] = service_type
zeroconf = Zeroconf(interfaces=["192.168.4.7"])
types = ["_http._tcp.local.", "_solar-dimmer._tcp.local."]
browser = ServiceBrowser(zeroconf, types, handlers=[changed])
until = time.time() + 30
while len(found) < 2 and time.time() < until:
    time.sleep(0.05)
for name, service_type in sorted(found.items()):
    info = zeroconf.get_service_info(service_type, name, timeout=5000)
    text = sorted((key.decode(), value.decode()) for key, value in info.properties.items())
    addresses = [socket.inet_ntoa(address) for address in info.addresses]
    print(name, info.server, info.port, addresses, text)
open("/run/enough", "w").close()
until = time.time() + 30
while len(gone) < 2 and time.time() < until:
    time.sleep(0.05)
print("gone:", *sorted(gone))
zeroconf.close()
END
wait $!
"#,
    );
    for line in [
        "tank._http._tcp.local. tank.local. 80 ['192.168.4.1'] [('path', '/')]",
        "tank._solar-dimmer._tcp.local. tank.local. 80 ['192.168.4.1'] [('id', '020000000001'), ('path', '/'), ('version', '0.1.0')]",
        "gone: tank._http._tcp.local. tank._solar-dimmer._tcp.local.",
        "this is tank.local",
        "farewell",
    ] {
        assert!(
            printed.lines().any(|found| found == line),
            "{line}\n{printed}"
        );
    }
}

#[test]
#[ignore = "needs Python's zeroconf and network namespaces: cargo xtask setup"]
fn a_name_that_zeroconf_has_gets_a_number() {
    let printed = in_namespace(
        &["python3"],
        r#"
with_address
phone /usr/bin/python3 - <<'END' &
import socket, time
from zeroconf import ServiceInfo, Zeroconf
zeroconf = Zeroconf(interfaces=["192.168.4.7"])
address = socket.inet_aton("192.168.4.7")
info = ServiceInfo("_http._tcp.local.", "tank._http._tcp.local.", addresses=[address], port=8080, server="tank.local.")
zeroconf.register_service(info)
open("/run/registered", "w").close()
time.sleep(90)
END
wait_for() { for try in $(seq 300); do "$@" && return; sleep 0.1; done; return 1; }
wait_for test -e /run/registered
sleep 90 | "$SERVICES" mdns 192.168.4.1/24 tank >/run/said &
wait_for grep -q "this is" /run/said
cat /run/said
"#,
    );
    let names: Vec<_> = printed
        .lines()
        .filter(|line| line.ends_with(".local"))
        .collect();
    assert_eq!(
        names,
        ["another host is tank.local", "this is tank-2.local"]
    );
}

#[test]
#[ignore = "needs dig and network namespaces: cargo xtask setup"]
fn plain_dns_is_answered_by_mdns_for_the_asker_alone() {
    let printed = in_namespace(
        &["dig"],
        r#"
with_address
sleep 90 | "$SERVICES" mdns 192.168.4.1/24 tank &
for try in $(seq 20); do
    phone dig +time=1 +tries=1 -p 5353 @192.168.4.1 tank.local A +short && break
    sleep 0.3
done
"#,
    );
    assert!(
        printed.lines().any(|line| line == "192.168.4.1"),
        "{printed}"
    );
}

#[test]
#[ignore = "needs chronyd and network namespaces: cargo xtask setup"]
fn chrony_tells_the_time_and_one_that_does_not_know_it_is_not_believed() {
    let printed = in_namespace(
        &["chronyd"],
        r#"
# Where a system with AppArmor lets it read and write.
mkdir /run/chrony
serve() {
    printf '%s\n' "allow" "port $1" "cmdport 0" "bindcmdaddress /" "pidfile /run/chrony/$1.pid" "$2" >/run/chrony/$1.conf
    chronyd -d -x -U -F 0 -u root -f /run/chrony/$1.conf >/run/chrony/$1.log 2>&1 &
}
serve 11123 "local stratum 5"
serve 11124 ""
for port in 11123 11124; do
    # Until it has begun.
    for try in $(seq 10); do
        said=$(timeout 6 "$SERVICES" time 127.0.0.1:$port) || true
        case "$said" in *"does not answer"* | *"cannot be reached"* | "") ;; *) break ;; esac
    done
    echo "$said"
done
date +%s
"#,
    );
    let lines: Vec<_> = printed.lines().collect();
    let [time, day, not_known, now] = lines.as_slice() else {
        panic!("{printed}");
    };
    let seconds =
        |line: &str| -> u64 { line.split(' ').find_map(|word| word.parse().ok()).unwrap() };
    assert!(
        time.starts_with("it is ") && time.ends_with(" s since 1970-01-01 UTC"),
        "{time}"
    );
    // What the system's clock says now is later by what the script took; not by more than the whole test may.
    assert!(seconds(now).abs_diff(seconds(time)) < 300, "{printed}");
    assert_eq!(seconds(day), seconds(time) / 86_400);
    assert_eq!(*not_known, "the time server does not know the time itself");
}

#[test]
#[ignore = "needs udhcpc, dig and network namespaces: cargo xtask setup"]
fn udhcpc_gets_an_address_and_dig_finds_the_board_under_every_name() {
    let printed = in_namespace(
        &["udhcpc", "dig"],
        r#"
"$SERVICES" portal 192.168.4.1 &
cat >/run/script <<'END'
#!/bin/sh
[ "$1" = bound ] || exit 0
echo "lease $ip $subnet $router $dns $lease $serverid"
ip addr add "$ip/24" dev "$interface"
END
chmod +x /run/script
phone udhcpc -i phone -f -n -q -t 20 -T 1 -s /run/script
for name in captive.apple.com connectivitycheck.gstatic.com anything.example; do
    phone dig +time=2 +tries=5 @192.168.4.1 $name A +short
done
phone dig +time=2 +tries=5 @192.168.4.1 captive.apple.com AAAA | grep -E "status|ANSWER: "
"#,
    );
    let lease = "lease 192.168.4.100 255.255.255.0 192.168.4.1 192.168.4.1 600 192.168.4.1";
    assert!(printed.lines().any(|line| line == lease), "{printed}");
    let answers = printed.lines().filter(|line| *line == "192.168.4.1");
    assert_eq!(answers.count(), 3, "{printed}");
    assert!(
        printed.contains("status: NOERROR") && printed.contains("ANSWER: 0"),
        "{printed}"
    );
}
