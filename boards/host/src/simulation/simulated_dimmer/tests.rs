use clap::Parser;
use dimmer_app::dimmer::topics::Command;

use super::*;
use crate::{options::View, store::StoreFile};

#[tokio::test]
async fn a_change_in_the_moment_before_a_restart_is_kept_and_started_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dimmer.flash");
    let options = ["sim", "--store", path.to_str().unwrap()];
    let options = Options::try_parse_from(options).unwrap();
    let unit = Configuration::new(&options).unwrap().units.remove(0);
    let console = Console::new(View::Plain);
    let dimmer = SimulatedDimmer::new(unit, &options, None, &console).unwrap();
    let limit = || dimmer.app.config().tunables()[0];
    let changed = limit() + 500;

    dimmer.app.command(Command::Restart).unwrap();
    let mut board = Box::pin(dimmer.serve_board());
    assert!(poll_once(board.as_mut()).is_pending(), "its last words");
    let change = Command::Configure {
        index: 0,
        value: changed,
    };
    dimmer.app.command(change).unwrap();
    // Two ask for it: once is enough.
    dimmer.app.command(Command::Restart).unwrap();
    board.await;
    assert!(dimmer.start_again());
    assert_eq!(limit(), changed);
    let stored = StoreFile::open(&path).unwrap().loaded().config.clone();
    assert_eq!(stored.tunables()[0], changed);
    assert!(poll_once(dimmer.app.board_request()).is_pending());
}
