//! The page, and what does not exist.

use super::*;

#[test]
fn everything_else_does_not_exist() {
    let bench = Bench::new();
    let token = bench.with_password();
    for path in [
        "/favicon.ico",
        "/index.html",
        "/config.json",
        "/api",
        "/api/v1",
        "/api/v2/state",
        "/API/V1/state",
        "/state/",
        "/%61pp.js",
        "",
    ] {
        let (status, answer) = bench.get(path, Some(&token));
        assert_eq!(status, 404, "{path}");
        assert_eq!(value(&answer)["error"]["problem"], "does not exist");
    }
    let request = Request {
        origins: program(),
        ..Request::new("PUT", "/api/v1/session", STRANGER)
    };
    let (answer, _) = bench.whole_answer(&request);
    assert_eq!(
        (answer.status, answer.allow.as_str()),
        (405, "GET, HEAD, POST, DELETE")
    );
}

#[test]
fn a_look_at_the_head_alone_moves_no_heater() {
    let bench = Bench::new();
    let request = Request {
        query: Some("POWER=50"),
        origins: program(),
        ..Request::new("HEAD", "/", ROUTER)
    };
    assert_eq!(bench.whole_answer(&request).0.status, 404);
    bench.open_router(Some(true));
    let before = bench.kept();
    let (answer, _) = bench.whole_answer(&request);
    assert_eq!((answer.status, answer.allow.as_str()), (405, "GET"));
    assert!(bench.kept() == before);
}

#[test]
fn a_file_is_given_once_and_then_known() {
    let bench = Bench::new();
    for path in [
        "/",
        "/app.js",
        "/style.css",
        "/french.json",
        "/api/v1/config/schema",
    ] {
        let mut request = Request {
            origins: program(),
            ..Request::new("GET", path, STRANGER)
        };
        let (answer, _) = bench.whole_answer(&request);
        let Body::Asset(asset) = answer.body else {
            panic!("{answer:?}")
        };
        assert_eq!(asset.path, path);
        request.if_none_match = Some(asset.tag);
        assert_eq!(bench.whole_answer(&request).0.status, 304);
    }
}
