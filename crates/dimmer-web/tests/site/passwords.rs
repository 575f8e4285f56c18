//! The first password, another one, and those who guess.

use super::*;

#[test]
fn the_first_start_asks_for_a_password_and_nothing_goes_before() {
    let bench = Bench::new();
    let session = bench.get("/api/v1/session", None).1;
    assert_eq!(
        value(&session),
        json!({"password_set":false,"signed_in":false,"wait":0,"set_up":false})
    );
    let (status, answer) = bench.send("PATCH", "/api/v1/config", "{}", None);
    assert_eq!((status, path_of(&answer).as_str()), (403, "password"));
    let (status, answer) = bench.post("/api/v1/password", r#"{"password":"short"}"#, None);
    assert_eq!((status, path_of(&answer).as_str()), (422, "password"));
    let (status, answer) = bench.post("/api/v1/password", r#"{"password":"correct horse"}"#, None);
    assert_eq!(status, 200);
    let token = token_of(&answer);
    assert_eq!(bench.get("/api/v1/config", Some(&token)).0, 200);
    let session = value(&bench.get("/api/v1/session", Some(&token)).1);
    assert_eq!(
        session,
        json!({"password_set":true,"signed_in":true,"wait":0,"set_up":false})
    );
    // Who comes second is too late.
    let late = bench.post("/api/v1/password", r#"{"password":"battery staple"}"#, None);
    assert_eq!(late.0, 401);
}

#[test]
fn another_password_needs_the_one_before_and_ends_every_session() {
    let bench = Bench::new();
    let token = bench.with_password();
    let set = |body: &str| bench.post("/api/v1/password", body, Some(&token));
    let (status, answer) = set(r#"{"password":"battery staple"}"#);
    assert_eq!((status, path_of(&answer).as_str()), (422, "old"));
    assert_eq!(
        set(r#"{"password":"battery staple","old":"wrong wrong"}"#).0,
        401
    );
    let (status, answer) = set(r#"{"password":"battery staple","old":"correct horse"}"#);
    assert_eq!(status, 200);
    assert_eq!(bench.get("/api/v1/config", Some(&token)).0, 401);
    assert_eq!(bench.get("/api/v1/config", Some(&token_of(&answer))).0, 200);
    assert_eq!(
        bench
            .post("/api/v1/session", r#"{"password":"battery staple"}"#, None)
            .0,
        200
    );
}

#[test]
fn who_guesses_waits_and_who_is_signed_in_does_not() {
    let bench = Bench::new();
    let token = bench.with_password();
    let guess = |password: &str| {
        let body = json!({ "password": password }).to_string();
        let request = Request {
            origins: program(),
            content_type: Some("application/json; charset=utf-8"),
            body: body.as_bytes(),
            ..Request::new("POST", "/api/v1/session", ROUTER)
        };
        let (answer, _) = bench.whole_answer(&request);
        (answer.status, answer.retry_after_s)
    };
    for _ in 0..3 {
        assert_eq!(guess("wrong wrong").0, 401);
    }
    assert_eq!(guess(PASSWORD), (429, 1), "the right one, but too soon");
    bench.wait_s(1);
    assert_eq!(guess("wrong wrong").0, 401);
    assert_eq!(guess("wrong wrong"), (429, 2));
    assert_eq!(bench.get("/api/v1/config", Some(&token)).0, 200);
    let other = bench.post("/api/v1/session", r#"{"password":"correct horse"}"#, None);
    assert_eq!(other.0, 200, "another address");
    bench.wait_s(2);
    assert_eq!(guess(PASSWORD).0, 200);
    assert_eq!(guess("wrong wrong").0, 401, "forgiven");
}

#[test]
fn one_password_at_a_time_is_looked_at() {
    let bench = Bench::new();
    let request = Request {
        origins: program(),
        content_type: Some("application/json"),
        body: br#"{"password":"correct horse"}"#,
        ..Request::new("POST", "/api/v1/password", STRANGER)
    };
    let (mut one, mut other) = ([0; RESPONSE_CAPACITY], [0; RESPONSE_CAPACITY]);
    let site = bench.site();
    let (first, second) = block_on(join(
        site.answer(&request, &mut one),
        site.answer(&request, &mut other),
    ));
    assert_eq!((first.status, second.status), (200, 429));
}

#[test]
fn one_who_goes_away_in_the_middle_keeps_nobody_out() {
    let bench = Bench::new();
    let request = Request {
        origins: program(),
        content_type: Some("application/json"),
        body: br#"{"password":"correct horse"}"#,
        ..Request::new("POST", "/api/v1/password", STRANGER)
    };
    let mut out = [0; RESPONSE_CAPACITY];
    let mut given_up = Box::pin(bench.site().answer(&request, &mut out));
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    assert!(given_up.as_mut().poll(&mut context).is_pending());
    drop(given_up);
    assert_eq!(bench.answer(&request).0, 200);
}

#[test]
fn a_page_whose_password_cannot_be_read_says_so_to_everybody_and_no_more() {
    let bench = Bench::new();
    let token = bench.with_password();
    bench.open_router(Some(true));
    bench.spoil_password();
    let before = bench.kept();
    for route in ROUTES {
        let method = route.method.as_str();
        for token in [None, Some(token.as_str())] {
            let (status, answer) = bench.send(method, route.path, "", token);
            assert_eq!(
                (status, path_of(&answer).as_str()),
                (503, "password"),
                "{route:?}"
            );
        }
    }
    let first = r#"{"password":"battery staple"}"#;
    assert_eq!(bench.post("/api/v1/password", first, None).0, 503);
    let mut router = Request::new("GET", "/", ROUTER);
    router.query = Some("POWER=50");
    assert_eq!(bench.answer(&router).0, 503);
    assert!(bench.kept() == before);
}
