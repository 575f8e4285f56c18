use super::*;
use clap::Parser;

fn configuration(file: &str, arguments: &[&str]) -> Result<Configuration> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("sim.toml");
    std::fs::write(&path, file)?;
    let config = ["sim", "--config", path.to_str().unwrap()];
    Configuration::new(&Options::try_parse_from(config.iter().chain(arguments))?)
}

fn refusal(file: &str, arguments: &[&str]) -> String {
    let message = format!("{:#}", configuration(file, arguments).unwrap_err());
    assert_eq!(message.lines().count(), 1, "one clear line: {message}");
    message
}

#[test]
fn the_customers_two_dimmers_need_one_option() {
    let units = configuration("", &["--starts", "0,50"]).unwrap().units;
    let starts: Vec<_> = units
        .iter()
        .map(|unit| unit.config.pool.start_centipercent)
        .collect();
    assert_eq!(starts, [0, 5_000]);
    assert!(
        units
            .iter()
            .all(|unit| unit.config.topics.follow == "solar-dimmer/all/power/set")
    );
    let ids: Vec<_> = units.iter().map(|unit| unit.id.to_string()).collect();
    assert_eq!(ids, ["020000000001", "020000000002"]);
}

#[test]
fn a_file_describes_what_is_common_and_what_differs() {
    let file = "
        [topics]
        follow = 'router/power'
        [output]
        rated_watts = 1500
        [plant]
        tank.litres = 100.0
        [[dimmer]]
        name = 'Cellar'
        id = 'A1B2C3D4E5F6'
        [[dimmer]]
        pool.start_centipercent = 5000
        output.rated_watts = 3000
    ";
    let configuration = configuration(file, &[]).unwrap();
    let [cellar, second] = &configuration.units[..] else {
        panic!("two dimmers")
    };
    assert_eq!(
        (cellar.config.name.as_str(), cellar.id.to_string().as_str()),
        ("Cellar", "a1b2c3d4e5f6")
    );
    assert_eq!(
        (
            cellar.config.output.rated_watts,
            second.config.output.rated_watts
        ),
        (1_500, 3_000)
    );
    assert_eq!(
        (
            cellar.config.pool.start_centipercent,
            second.config.pool.start_centipercent
        ),
        (0, 5_000)
    );
    assert_eq!(second.config.topics.follow, "router/power");
    assert!((cellar.plant.tank.litres - 100.0).abs() < 1e-9);
}

#[test]
fn the_command_line_overrules_the_file() {
    let file = "[output]\nrated_watts = 1500\n[[brokers]]\nhost = 'in.file'\nport = 1\nkeep_alive_s = 60\n[[brokers]]\nhost = 'other'";
    let units = configuration(file, &["--broker", "on.line:2", "--load", "900"])
        .unwrap()
        .units;
    let [broker] = &units[0].config.brokers[..] else {
        panic!("one broker")
    };
    assert_eq!(
        (
            broker.host.as_str(),
            broker.port,
            broker.keep_alive_s,
            units[0].config.output.rated_watts
        ),
        ("on.line", 2, 60, 900)
    );
}

#[test]
fn several_brokers_come_from_the_file_or_from_the_command_line_with_one_user_for_all() {
    let hosts = |configuration: Configuration| -> Vec<String> {
        let brokers = configuration.units[0].config.brokers.iter();
        brokers
            .map(|broker| format!("{}@{}:{}", broker.username, broker.host, broker.port))
            .collect()
    };
    let file = "[[brokers]]\nhost = 'first'\n[[brokers]]\nhost = 'second'\nport = 1884";
    let of_file = configuration(file, &["--username", "me"]).unwrap();
    assert_eq!(hosts(of_file), ["me@first:1883", "me@second:1884"]);
    let twice = ["--broker", "a", "--broker", "b:2"];
    assert_eq!(
        hosts(configuration("", &twice).unwrap()),
        ["@a:1883", "@b:2"]
    );
    let same = ["--broker", "a", "--broker", "A:1883"];
    assert!(refusal("", &same).contains("brokers[1].host is the host of a broker before it"));
    let five = ["--broker", "a"].repeat(5);
    assert!(refusal("", &five).contains("more than 4 brokers"));
    assert!(
        refusal("[[brokers]]\nhost = 'a'\n[[brokers]]\nport = 1", &[])
            .contains("brokers[1].host is empty")
    );
}

#[test]
fn a_bad_file_is_one_line_that_says_where_and_what() {
    assert!(refusal("[pool\n", &[]).contains("sim.toml: at line 1"));
    let misspelt = refusal("[pool]\nstrat = 5", &[]);
    let near = "pool.strat is no setting; expected: a setting of the schema; `start_";
    assert!(misspelt.contains(near), "{misspelt}");
    assert!(
        refusal("[output]\nrated_watts = 'much'", &[])
            .ends_with("output.rated_watts is a text; expected: a whole number")
    );
    assert!(
        refusal("[topics]\ninterval_s = 70000", &[])
            .contains("topics.interval_s is not between 1 and 3600 seconds; expected: ")
    );
    assert!(refusal("output = 5", &[]).ends_with("output is 5; expected: an object of settings"));
    assert!(
        refusal("[output]\nrated_watts = 0", &[])
            .contains("output.rated_watts is outside 1 to 20000 W")
    );
    assert!(refusal("[plant]\nlitre = 1.0", &[]).contains("plant.litre: unknown field `litre`"));
    for (file, told) in [
        (
            "[plant]\nspeed = 'fast'",
            "plant.speed: invalid type: string \"fast\", expected a number",
        ),
        (
            "plant = 5",
            "plant: invalid type: integer `5`, expected a table of settings",
        ),
        (
            "[house]\nseed = -1",
            "house.seed: invalid value: integer `-1`, expected a whole number, 0 or more",
        ),
    ] {
        let refused = refusal(file, &[]);
        assert!(refused.ends_with(told), "{refused}");
    }
    assert!(
        refusal("[topics.temperature.water]\ntopic = 'home/tank'", &[]).contains(
            "probes.water is true, and topics.temperature.water names a topic; expected: one source for a temperature"
        )
    );
    assert!(
        refusal("language = 'de'", &[]).ends_with("language is `de`; expected: one of `en`, `fr`")
    );
    assert!(refusal("[[dimmer]]\nid = 'xyz'", &[]).contains("id \"xyz\""));
    assert!(
        refusal("[[dimmer]]\n[[dimmer]]", &["--count", "1"])
            .contains("--count is less than the 2 dimmers")
    );
}

#[test]
fn a_table_of_members_is_a_dimmer_for_each_with_its_own_tank() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pool.toml");
    let table = "
        [[member]]
        name = 'Cellar'
        rated_watts = 2000
        litres = 200
        water_celsius = 30
        [[member]]
        name = 'Attic'
        rated_watts = 1500
        pool.start_centipercent = 10000
    ";
    std::fs::write(&path, table).unwrap();
    let pool = ["--pool", path.to_str().unwrap(), "--house-start", "06:30"];
    let file = "[plant]\ntank.litres = 80\ntank.loss_watts_per_kelvin = 0.5";
    let configuration = configuration(file, &pool).unwrap();
    assert!((configuration.house.unwrap().start_hour - 6.5).abs() < 1e-9);
    let [cellar, attic] = &configuration.units[..] else {
        panic!("two dimmers")
    };
    let tank = |unit: &Unit| {
        let tank = &unit.plant.tank;
        (
            tank.litres,
            tank.initial_celsius,
            tank.loss_watts_per_kelvin,
        )
    };
    assert_eq!(tank(cellar), (200.0, 30.0, 0.5));
    assert_eq!(tank(attic), (80.0, 40.0, 0.5));
    assert_eq!(cellar.plant.tank.initial_second_of_day, 6.5 * 3_600.0);
    assert_eq!(attic.plant.load.rated_watts, 1_500.0);
    assert_eq!(attic.config.pool.start_centipercent, 10_000);
    assert_eq!(attic.config.name, "Attic");
    let refused = refusal("[[dimmer]]", &pool);
    assert!(refused.contains("leave one of them out"), "{refused}");
    std::fs::write(&path, "[[member]]\nname = 'A'").unwrap();
    let refused = refusal("", &pool);
    assert!(refused.contains("pool.toml") && refused.contains("rated_watts"));
}

#[test]
fn a_house_comes_from_the_file_or_from_the_command_line() {
    assert!(configuration("", &[]).unwrap().house.is_none());
    let file = "[house]\nsky = 'cloudy'\npeak_watts = 3000\nrouter.speaks = 'watts'";
    let house = configuration(file, &["--house-seed", "7"]).unwrap().house;
    let house = house.unwrap();
    assert_eq!((house.sky, house.seed), (Sky::Cloudy, 7));
    assert_eq!(house.peak_watts, 3_000.0);
    let alone = configuration("", &["--house"]).unwrap();
    let follow = &alone.units[0].config.topics.follow;
    assert_eq!(follow, "solar-dimmer/all/power/set");
    for (file, words) in [
        ("[house]\nroof = 1", "house.roof: unknown field"),
        ("[house]\npeak_watts = -1", "house.peak_watts is -1"),
        (
            "[house]\n[[dimmer]]\nplant.speed = 2\n[[dimmer]]",
            "plant.speed differs",
        ),
    ] {
        assert!(refusal(file, &[]).contains(words), "{file}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let options = Options::try_parse_from(["sim", "--config", "nowhere.toml"]).unwrap();
    let message = format!("{:#}", Configuration::new(&options).unwrap_err());
    assert!(message.contains("nowhere.toml cannot be read"), "{message}");
}

#[test]
fn a_file_that_is_too_long_for_the_page_is_refused_in_the_words_of_its_api() {
    let file = |letter: &str| {
        let full = |first: char, length: usize| format!("'{first}{}'", letter.repeat(length - 1));
        let text = full('t', 64);
        let broker = |port: u16| {
            format!(
                "[[brokers]]\nhost = {text}\nport = {port}\nusername = {text}\npassword = {text}\nclient_id = {text}\n"
            )
        };
        let source = format!("{{ topic = {}, path = {text} }}", full('s', 96));
        format!(
            "probes.water = false\nnetwork.time_server = {text}\n{}\
             [topics]\nfollow = {}\ndomoticz = {{ in_topic = {text}, out_topic = {} }}\njeedom.topic = {}\n\
             temperature = {{ water = {source}, heat_sink = {source}, room = {source} }}\n",
            [1883, 1884, 1885, 1886].map(broker).concat(),
            full('f', 96),
            full('o', 64),
            full('j', 64),
        )
    };
    let page = ["--http", "127.0.0.1:0"];
    configuration(&file("x"), &page).unwrap();
    assert!(refusal(&file("\""), &page).ends_with(
        "sim.toml: the configuration would be too long to be shown, all settings together; \
             expected: shorter texts, or fewer quotation marks in them, or no --http"
    ));
    // Without a page it is shown to nobody, and may be stored; with one it is asked again.
    let long = configuration(&file("\""), &[]).unwrap().units.remove(0);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dimmer.flash");
    StoreFile::open(&path).unwrap().save(&long.config).unwrap();
    let store = ["--store", path.to_str().unwrap()];
    configuration("", &store).unwrap();
    let refused = refusal("", &[store, page].concat());
    assert!(
        refused.contains("the stored configuration would be too long"),
        "{refused}"
    );
}
