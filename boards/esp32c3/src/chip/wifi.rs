//! The radio: it joins the network of the settings, and tries again for ever; or it is an access point with the page, by which it is told a network. Whatever it does, the dimmer goes on
//! by its local rules, also where the radio does not start.

use core::{
    cell::Cell,
    net::Ipv4Addr,
    sync::atomic::{AtomicBool, Ordering},
    task::Context,
};

use dimmer_app::dimmer::config::Wifi;
use dimmer_board::{hostname, network::Slot};
use dimmer_esp32c3::joining::{self, Event, Station};
use embassy_futures::select::{Either, select};
use embassy_net::Ipv4Cidr;
use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState};
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, signal::Signal};
use embassy_time::{Duration, Timer, with_timeout};
use esp_hal::peripherals::WIFI;
use esp_radio::wifi::{
    AuthenticationMethodConfig, Config, ControllerConfig, Interface, WifiController, WifiError,
    WifiRxToken, WifiTxToken, ap::AccessPointConfig, sta::StationConfig,
};

use super::{
    BoardApp, HEAP_BYTES, RECLAIMED_BYTES, console::say, flash::BoardKept, network, services,
};

/// Where the page is at the board's own access point, with the mask 255.255.255.0.
pub(super) const OWN_ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);
const OWN_PREFIX_BITS: u8 = 24;

/// The radio is tried again after this, and the access point.
const RADIO_AGAIN: Duration = Duration::from_secs(60);
const ACCESS_POINT_AGAIN: Duration = Duration::from_secs(20);
/// How often it is looked whether the settings name another network.
const LOOK: Duration = Duration::from_secs(1);
/// Whoever asked for the access point by the button and does not come, or leaves the network as it is, gets the old one back after this.
const SET_UP: Duration = Duration::from_secs(10 * 60);

/// Frames that wait in the driver at the most: each takes 1.6 kB of the heap.
const FRAMES: u16 = 12;
const FIXED_FRAMES: u8 = 6;
const WINDOW: u8 = 3;
const FRAME_BYTES: usize = 1_600;

/// What the driver takes of the heap once it is started, its fixed frames among it, by what others saw (`docs/boards/esp32c3.md` has the rows).
const DRIVER_BYTES: usize = 48 * 1024 - 4 * FRAME_BYTES;
/// So much is left of it at the worst moment.
const FLOOR_BYTES: usize = 24 * 1024;

const _: () = assert!(
    HEAP_BYTES + RECLAIMED_BYTES >= DRIVER_BYTES + 2 * FRAMES as usize * FRAME_BYTES + FLOOR_BYTES,
    "the heap is too small for the radio at the worst moment"
);

/// Whose frames are the network's: the access point's or the station's.
static IS_ACCESS_POINT: AtomicBool = AtomicBool::new(false);

/// Somebody asks for the access point.
pub(super) type Asked = Signal<NoopRawMutex, ()>;

/// Both interfaces of the radio, one at a time.
pub(super) struct Device {
    station: Interface,
    access_point: Interface,
}

impl Device {
    fn present(&self) -> &Interface {
        if IS_ACCESS_POINT.load(Ordering::SeqCst) {
            &self.access_point
        } else {
            &self.station
        }
    }

    fn present_mut(&mut self) -> &mut Interface {
        if IS_ACCESS_POINT.load(Ordering::SeqCst) {
            &mut self.access_point
        } else {
            &mut self.station
        }
    }
}

impl Driver for Device {
    type RxToken<'a> = WifiRxToken;
    type TxToken<'a> = WifiTxToken;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(WifiRxToken, WifiTxToken)> {
        Driver::receive(self.present_mut(), context)
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<WifiTxToken> {
        Driver::transmit(self.present_mut(), context)
    }

    fn link_state(&mut self, context: &mut Context<'_>) -> LinkState {
        self.present_mut().link_state(context)
    }

    fn capabilities(&self) -> Capabilities {
        self.present().capabilities()
    }

    fn hardware_address(&self) -> HardwareAddress {
        self.present().hardware_address()
    }
}

impl Device {
    /// The interfaces; the radio is started by [`run`].
    pub(super) fn new() -> Self {
        Self {
            station: Interface::station(),
            access_point: Interface::access_point(),
        }
    }
}

fn start(radio: WIFI<'_>) -> Result<WifiController<'_>, WifiError> {
    let config = ControllerConfig::default()
        .with_static_rx_buf_num(FIXED_FRAMES)
        .with_dynamic_rx_buf_num(FRAMES)
        .with_dynamic_tx_buf_num(FRAMES)
        .with_rx_ba_win(WINDOW);
    WifiController::new(radio, config)
}

/// The controller as a station of the network in the settings.
struct Member<'a, 'd> {
    controller: &'a mut WifiController<'d>,
    wifi: &'a Wifi,
    strength: &'a Cell<Option<i16>>,
}

impl Station for Member<'_, '_> {
    fn is_connected(&self) -> bool {
        self.controller.is_connected()
    }

    async fn connect(&mut self) -> bool {
        let Some(config) = station(self.wifi) else {
            return false;
        };
        if let Err(error) = self.controller.set_config(&Config::Station(config)) {
            say!("Wi-Fi: the settings are not taken: {error:?}");
            return false;
        }
        match self.controller.connect_async().await {
            Ok(_) => true,
            Err(error) => {
                say!("Wi-Fi: {error:?}");
                false
            }
        }
    }

    async fn disconnect(&mut self) {
        self.strength.set(None);
        // Whoever is nowhere has left.
        let _ = self.controller.disconnect_async().await;
    }

    async fn lost(&self) {
        if let Ok(lost) = self.controller.wait_for_disconnect_async().await {
            say!("Wi-Fi: {:?}", lost.reason);
        }
    }

    fn stays(&self) {
        let decibels = self.controller.rssi().ok();
        let strength = decibels.and_then(|decibels| i16::try_from(decibels).ok());
        self.strength.set(strength);
    }
}

/// Keeps the board in the network of the settings, or lets it be told one.
pub(super) async fn run(
    app: &BoardApp<'_>,
    kept: &BoardKept<'_>,
    slot: &Slot,
    mut radio: WIFI<'static>,
    asked: &Asked,
    strength: &Cell<Option<i16>>,
) {
    let mut controller = loop {
        match start(radio.reborrow()) {
            Ok(controller) => break controller,
            Err(error) => say!("Wi-Fi: the radio does not start, it is tried again: {error:?}"),
        }
        Timer::after(RADIO_AGAIN).await;
    };
    loop {
        let wifi = app.config().network.wifi.clone();
        if wifi.ssid.is_empty() || asked.signaled() {
            be_access_point(app, kept, slot, &mut controller, &wifi).await;
            asked.reset();
            continue;
        }
        let mut member = Member {
            controller: &mut controller,
            wifi: &wifi,
            strength,
        };
        let told = |event| match event {
            Event::Joined => say!("Wi-Fi: joined {}", wifi.ssid),
            Event::Lost => say!("Wi-Fi: lost {}", wifi.ssid),
            Event::Failed(next) => {
                let seconds = next.as_ticks() / 1_000_000;
                say!("Wi-Fi: {}: next attempt in {seconds} s", wifi.ssid);
            }
            _ => {}
        };
        let other = select(changed(app, &wifi), wanted(asked));
        match select(joining::stay_in(&mut member, pause, told), other).await {
            Either::First(never) => never,
            Either::Second(Either::First(())) => say!("Wi-Fi: the settings name another network"),
            Either::Second(Either::Second(())) => {
                say!("Wi-Fi: the button asks for the access point");
            }
        }
        // Wherever it is still, or tries to be, it leaves.
        joining::leave(&mut member, pause).await;
        while member.is_connected() {
            Timer::after(LOOK).await;
            joining::leave(&mut member, pause).await;
        }
    }
}

async fn pause(time: dimmer::Duration) {
    Timer::after(Duration::from_micros(time.as_ticks())).await;
}

/// An open access point with the page and nothing else, until the settings name another network.
async fn be_access_point(
    app: &BoardApp<'_>,
    kept: &BoardKept<'_>,
    slot: &Slot,
    controller: &mut WifiController<'_>,
    wifi: &Wifi,
) {
    let network = app.config().network.clone();
    let id = app.identity().id;
    let name = hostname(&network.hostname, id);
    let Ok(ssid) = name.as_str().try_into() else {
        return Timer::after(LOOK).await;
    };
    let config = AccessPointConfig::default().with_ssid(ssid);
    if let Err(error) = controller.set_config(&Config::AccessPoint(config)) {
        say!("Wi-Fi: no access point: {error:?}");
        return Timer::after(ACCESS_POINT_AGAIN).await;
    }
    say!("Wi-Fi: join the network {name} and open http://{OWN_ADDRESS}/");
    IS_ACCESS_POINT.store(true, Ordering::SeqCst);
    slot.be_at(Ipv4Cidr::new(OWN_ADDRESS, OWN_PREFIX_BITS));
    let stack = slot.when_there().await;
    kept.set_up(Some((OWN_ADDRESS, network::PAGE_PORT).into()));
    let over = async {
        let known = changed(app, wifi);
        if wifi.ssid.is_empty() {
            known.await;
        } else {
            // It is known where the board belongs.
            let _ = with_timeout(SET_UP, known).await;
        }
    };
    select(services::portal(stack, OWN_ADDRESS), over).await;
    kept.set_up(None);
    IS_ACCESS_POINT.store(false, Ordering::SeqCst);
    slot.be_as_set(&app.config().network, id);
}

/// WPA2 is the least that is taken where there is a password; an access point that offers WPA3 is joined by that.
fn station(wifi: &Wifi) -> Option<StationConfig> {
    let password = wifi.password.reveal();
    let authentication = if password.is_empty() {
        AuthenticationMethodConfig::Open
    } else {
        AuthenticationMethodConfig::Wpa2Personal(password.try_into().ok()?)
    };
    let config = StationConfig::default()
        .with_ssid(wifi.ssid.as_str().try_into().ok()?)
        .with_authentication(authentication);
    Some(config)
}

/// Returns when the settings name another network.
async fn changed(app: &BoardApp<'_>, wifi: &Wifi) {
    while app.config().network.wifi == *wifi {
        Timer::after(LOOK).await;
    }
}

/// Returns when somebody asks for the access point, and leaves it asked for.
async fn wanted(asked: &Asked) {
    asked.wait().await;
    asked.signal(());
}
