use super::*;
use crate::Valid;

/// The longest texts and the largest numbers.
pub(super) fn largest() -> Valid {
    fn full<const CAPACITY: usize>(letter: char) -> heapless::String<CAPACITY> {
        core::iter::repeat_n(letter, CAPACITY).collect()
    }
    let mut config = Valid::defaults().into_inner();
    config.name = full('n');
    for port in (0..=u16::MAX).rev().take(crate::BROKERS) {
        let broker = crate::Broker {
            host: full('h'),
            username: full('u'),
            password: full::<{ crate::CREDENTIAL_CAPACITY }>('p').into(),
            client_id: full('c'),
            port,
            ..crate::Broker::default()
        };
        config.brokers.push(broker).unwrap();
    }
    config.session.return_after_s = 86_400;
    config.topics.prefix = full('t');
    config.topics.homeassistant.prefix = full('a');
    config.topics.domoticz.in_topic = full('h');
    config.topics.jeedom.topic = full('h');
    config.topics.domoticz.out_topic = full('o');
    config.topics.domoticz.alarm_idx = 0x7fff_ffff;
    config.topics.jeedom.alarm_idx = 0x7fff_ffff;
    config.topics.follow = full('f');
    let temperature = &mut config.topics.temperature;
    for source in [
        &mut temperature.water,
        &mut temperature.heat_sink,
        &mut temperature.room,
    ] {
        source.topic = full('s');
        source.path = full('p');
    }
    config.topics.pool.name = full('m');
    // Each temperature has one source.
    config.probes.water = false;
    for number in 0..crate::PROBE_NAMES {
        let address = std::format!("28-fffffffffff{number}");
        let name = crate::ProbeName {
            address: address.as_str().try_into().unwrap(),
            name: full('n'),
        };
        config.probes.names.push(name).unwrap();
    }
    let probes = &mut config.probes;
    for (place, address) in [
        &mut probes.water_address,
        &mut probes.heat_sink_address,
        &mut probes.room_address,
    ]
    .into_iter()
    .enumerate()
    {
        address.clone_from(&probes.names[place].address);
    }
    config.language = crate::Language::French;
    config.output.rated_watts = 20_000;
    config.output.triacs = 3;
    config.pool.sharing = dimmer_pool::Sharing::Rotating;
    config.pool.pool_watts = dimmer_pool::POOL_LIMIT_WATTS;
    config.pool.start_centipercent = dimmer_pool::SETPOINT_LIMIT_CENTIPERCENT - 1;
    config.pool.full_centipercent = Some(dimmer_pool::SETPOINT_LIMIT_CENTIPERCENT);
    config.pool.weight = dimmer_pool::WEIGHT_LIMIT;
    config.pool.minimum_centipercent = 100;
    config.pool.maximum_centipercent = 9_000;
    config.mains.offset_us = -120;
    config.safety.preheat_below_millicelsius = Some(20_000);
    config.safety.room_probe = dimmer_safety::ProbeUse::Required;
    config.safety.room_limit_millicelsius = Some(40_000);
    config.network = crate::Network {
        hostname: full('h'),
        time_server: full('t'),
        address: crate::Address {
            source: crate::AddressSource::Static,
            ip: core::net::Ipv4Addr::new(192, 168, 1, 50).into(),
            gateway: core::net::Ipv4Addr::new(192, 168, 1, 1).into(),
            dns: core::net::Ipv4Addr::new(192, 168, 1, 2).into(),
            ..crate::Address::default()
        },
        wifi: crate::Wifi {
            ssid: full('w'),
            password: full::<{ crate::WIFI_PASSWORD_CAPACITY }>('p').into(),
        },
        ..crate::Network::default()
    };
    let security = &mut config.security;
    while security.hosts.push(full('h')).is_ok() {}
    security.compatibility.enabled = true;
    let longest: core::net::IpAddr = "1111:2222:3333:4444:5555:6666:7777:8888".parse().unwrap();
    security.compatibility.address = longest.into();
    config.validate().unwrap()
}

#[test]
fn what_was_encoded_is_decoded_and_fits() {
    for config in [Valid::defaults(), largest()] {
        let mut read = Config::default();
        let mut all = 0;
        for section in Section::ALL {
            let mut buffer = [0; SECTION_CAPACITY];
            let length = section.encode(&config, &mut buffer).unwrap();
            section.decode(&mut read, &buffer[..length]).unwrap();
            all += length;
        }
        assert_eq!(read, *config);
        assert!(all <= ENCODED_CAPACITY, "{all} bytes");
    }
}

#[test]
fn a_buffer_that_is_too_small_is_refused_at_every_length() {
    let mut buffer = [0; SECTION_CAPACITY];
    for section in Section::ALL {
        let length = section.encode(&largest(), &mut buffer).unwrap();
        for short in 0..length {
            assert_eq!(
                section.encode(&largest(), &mut buffer[..short]),
                Err(EncodeError)
            );
        }
    }
}

#[test]
fn bytes_that_are_cut_short_or_too_long_are_damaged_and_change_nothing() {
    for section in Section::ALL {
        let mut buffer = [0; SECTION_CAPACITY + 1];
        let length = section.encode(&largest(), &mut buffer).unwrap();
        for wrong in (0..length).chain([length + 1]) {
            let mut config = Config::default();
            let outcome = section.decode(&mut config, &buffer[..wrong]);
            assert_eq!(
                outcome,
                Err(DecodeError::Damaged),
                "{section}: {wrong} bytes"
            );
            assert_eq!(config, Config::default());
        }
    }
}

#[test]
fn a_newer_version_is_recognised() {
    for section in Section::ALL {
        let next = section.newest_version() + 1;
        let mut config = Config::default();
        for (version, error) in [
            (next, DecodeError::Newer),
            (LARGEST_VERSION, DecodeError::Newer),
            (LARGEST_VERSION + 1, DecodeError::Damaged),
            (u8::MAX, DecodeError::Damaged),
        ] {
            assert_eq!(section.decode(&mut config, &[version, 2, 3]), Err(error));
        }
        assert_eq!(config, Config::default());
    }
}

#[test]
fn the_bytes_are_those_of_a_postcard_enum() {
    #[derive(Serialize)]
    enum Stored {
        V1(dimmer_pool::Settings),
    }
    let mut config = Config::default();
    config.pool.start_centipercent = 5_000;
    let (mut ours, mut theirs) = ([0; SECTION_CAPACITY], [0; SECTION_CAPACITY]);
    let length = Section::Pool.encode(&config, &mut ours).unwrap();
    let stored = postcard::to_slice(&Stored::V1(config.pool), &mut theirs).unwrap();
    assert_eq!(&ours[..length], stored);
}

/// Two versions of a section that is not there: how the next one is made.
mod migration {
    use super::*;

    /// Frozen: as it was released, and never changed again.
    #[derive(Serialize, Deserialize)]
    struct FanV1 {
        /// In whole degrees.
        starts_at_celsius: i8,
        loud: bool,
    }

    /// Of today.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Fan {
        starts_at_millicelsius: i32,
        highest_percent: u8,
    }

    impl From<FanV1> for Fan {
        fn from(old: FanV1) -> Self {
            Self {
                starts_at_millicelsius: i32::from(old.starts_at_celsius) * 1_000,
                highest_percent: if old.loud { 100 } else { 40 },
            }
        }
    }

    versions!(Fan: FanV1, Fan);

    const NOTHING: Fan = Fan {
        starts_at_millicelsius: 0,
        highest_percent: 0,
    };

    #[test]
    fn an_old_version_becomes_todays_and_is_written_as_such() {
        let mut fan = NOTHING;
        read(&mut fan, &[0, 45, 0]).unwrap();
        let todays = Fan {
            starts_at_millicelsius: 45_000,
            highest_percent: 40,
        };
        assert_eq!(fan, todays);
        let mut buffer = [0; 8];
        let length = write(&fan, &mut buffer).unwrap();
        assert_eq!(buffer[0], 1, "version 2 is number 1");
        let mut again = NOTHING;
        read(&mut again, &buffer[..length]).unwrap();
        assert_eq!(again, todays);
    }

    #[test]
    fn neither_version_takes_the_other_ones_bytes() {
        for wrong in [&[0, 45][..], &[0, 45, 2], &[0, 45, 1, 0], &[1, 45], &[]] {
            assert_eq!(read(&mut { NOTHING }, wrong), Err(DecodeError::Damaged));
        }
        assert_eq!(read(&mut { NOTHING }, &[2, 45, 0]), Err(DecodeError::Newer));
    }
}
