//! A shared pool whose members are processes at real brokers: some are lost, and the line between two brokers is cut.
//! `cargo xtask bench takeover` does the first fifty times.

mod support;

use support::{
    Mosquitto, Subscriber,
    cable::Cable,
    free_port,
    members::{Member, Router, TOTALS, Total, counted},
    takeover::{Loss, run},
};

#[test]
fn the_others_take_the_share_of_members_that_are_killed_and_give_it_back() {
    let taken = run(Loss::Killed, 3, 2);
    assert_eq!((taken.times.len(), taken.returns.len()), (3, 3));
}

#[test]
fn the_others_take_the_share_of_a_member_whose_water_is_too_hot() {
    let taken = run(Loss::Overheated, 1, 3);
    assert_eq!((taken.times.len(), taken.returns.len()), (1, 1));
}

/// Two members at the broker of the house and two in an outbuilding, whose broker is bridged to the first as in docs/mosquitto.md.
#[test]
fn a_pool_over_two_bridged_brokers_parts_and_comes_together_again() {
    let house = Mosquitto::start();
    let line = Cable::to(house.port);
    let bridge = format!(
        "allow_anonymous true\npersistence false\nconnection house\naddress 127.0.0.1:{}\n\
         topic solar-dimmer/# both 1\nnotifications_local_only true\nrestart_timeout 1\n",
        line.port
    );
    let outbuilding = Mosquitto::with_settings(tempfile::tempdir().unwrap(), free_port(), &bridge);
    let members = [
        Member::new(1, 2000, house.port),
        Member::new(2, 2000, outbuilding.port),
        Member::new(3, 2000, house.port),
        Member::new(4, 2000, outbuilding.port),
    ];
    let router = Router::at(house.port);
    let mut total = Total::at(house.port);
    let totals = Subscriber::to(house.port, TOTALS);
    counted(&totals, 4);
    router.asks(5000);
    let all: Vec<&Member> = members.iter().collect();
    total.settles(&all, 5000.0, "over the bridge");
    assert!(total.watts(&members[1]) > 1900.0);

    // The house hears nothing of the others any more: its own take what they can, as soon as those are too old to count.
    line.cut();
    counted(&totals, 2);
    let own: Vec<&Member> = [&members[0], &members[2]].into();
    total.settles(&own, 4000.0, "the line is cut");

    line.mend();
    counted(&totals, 4);
    total.settles(&all, 5000.0, "the line is mended");
    total.settles(&own, 3000.0, "those of the house give back");
}
