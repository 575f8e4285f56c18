//! What only the board can do: read its configuration again, start again, look for probes.

use super::*;

#[test]
fn reload_and_restart_are_the_boards() {
    let mut bench = connected();
    for (word, request) in [
        ("reload", BoardRequest::Reload),
        ("restart", BoardRequest::Restart),
    ] {
        let effects = bench.send(&command(word), word);
        assert_eq!(effects.board, Some(request));
        assert_eq!(bench.give(Event::Tick).board, None, "asked once");
        let retained = bench.give(Event::Message {
            topic: &command(word),
            payload: word.as_bytes(),
            retained: true,
        });
        assert_eq!(retained.board, None, "it would restart for ever");
    }
}

#[test]
fn probes_are_looked_for_by_a_board_that_can() {
    let mut bench = connected();
    let ask = |bench: &mut Bench| {
        let board = bench.send(&command("search_probes"), "search_probes").board;
        let answer = said(bench, Message::Answer).pop().unwrap();
        assert_eq!(answer["command"], "search_probes");
        (board, answer["refused"]["kind"].as_str() == Some("not_now"))
    };
    assert_eq!(ask(&mut bench), (None, true));
    bench.dimmer.offer_probe_search();
    assert!(bench.dimmer.searches_probes());
    let _ = bench.pass(1_000);
    let _ = bench.sent();
    assert_eq!(ask(&mut bench), (Some(BoardRequest::SearchProbes), false));
}

#[test]
fn a_reload_that_failed_is_answered_with_what_was_wrong_and_nothing_changes() {
    let mut bench = connected();
    let _ = bench.send(&command("reload"), "reload");
    let before = bench.dimmer.config().clone();
    let told = "in dimmer.toml: output.rated_watts \"is\" outside 1 to 20000 W\n";
    let effects = bench.give(Event::ReloadFailed(told));
    assert_eq!(effects.incidents, [None; 4], "the board knows it");
    let (answers, lines) = answers_and_lines(&mut bench);
    let answers: Vec<serde_json::Value> = answers
        .iter()
        .map(|answer| serde_json::from_str(answer).unwrap())
        .collect();
    assert_eq!(answers[0], json!({"command":"reload","applied":true}));
    assert_eq!(answers[1]["command"], "reload");
    assert_eq!(answers[1]["refused"]["kind"], "bad_configuration");
    assert_eq!(answers[1]["detail"], told.replace('\n', " "));
    assert!(lines.concat().contains("cannot be used"), "{lines:?}");
    assert_eq!(*bench.dimmer.config(), before);
}

#[test]
fn what_is_told_of_a_failed_reload_is_cut_where_it_would_be_too_long() {
    let mut bench = connected();
    let _ = bench.give(Event::ReloadFailed(&"é\"".repeat(1_000)));
    let answers = said(&mut bench, Message::Answer);
    let detail = answers[0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("é\"é\"") && detail.len() > 250);
}
