//! The layers, the refusals and the printed form.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

use std::time::Duration;

use aro_config::{ConfigSecret, Loader, redacted};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Settings {
    store: Store,
    listen: Listen,
    mode: Mode,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(default)]
struct Store {
    path: String,
    #[serde(with = "aro_config::duration")]
    busy_timeout: Duration,
    key: ConfigSecret,
}

impl Default for Store {
    fn default() -> Self {
        Store {
            path: "rp.db".into(),
            busy_timeout: Duration::from_secs(5),
            key: ConfigSecret::default(),
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Listen {
    port: u16,
    names: Vec<String>,
    ports: Vec<u16>,
    verbose: Option<bool>,
}

#[derive(Debug, Default, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Production,
    Development,
}

fn vars(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}

#[test]
fn each_layer_lies_over_the_one_before() {
    let file = "mode = 'development'\n[store]\npath = 'file.db'\nbusy_timeout = 7\n[listen]\nport = 1\nports = [1, 2]\n\
                [worker.listen]\nport = 2\n[frontend]\nanything = 1\n";
    let settings: Settings = Loader::new("worker")
        .text("rp.toml", file)
        .unwrap()
        .environment(vars(&[
            ("ARO_WORKER__LISTEN__PORT", "3"),
            ("ARO_LISTEN__PORT", "4"),
            ("ARO_LISTEN__NAMES", "a, b"),
            ("ARO_LISTEN__VERBOSE", "true"),
            ("ARO_FRONTEND__NOT__OURS", "x"),
            ("ARO_CONFIG", "not configuration"),
        ]))
        .unwrap()
        .flag("store.path", "--store", "flag.db")
        .flag_if_given("listen.port", "--port", None::<u16>)
        .load()
        .unwrap();
    assert_eq!(settings.store.path, "flag.db");
    assert_eq!(settings.store.busy_timeout, Duration::from_secs(7));
    assert_eq!(
        settings.listen.port, 3,
        "the service's own variable wins over the shared one"
    );
    assert_eq!(settings.listen.names, ["a", "b"]);
    assert_eq!(settings.listen.ports, [1, 2]);
    assert_eq!(settings.listen.verbose, Some(true));
    assert_eq!(settings.mode, Mode::Development);
}

#[test]
fn an_unknown_key_is_refused_with_path_and_place() {
    let error = Loader::new("worker")
        .text("rp.toml", "[store]\npth = 'x'")
        .unwrap()
        .load::<Settings>()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown key store.pth in rp.toml; the keys here are path, busy_timeout, key"
    );
    let error = Loader::new("worker")
        .environment(vars(&[("ARO_WORKER__LISTEN__PRT", "1")]))
        .unwrap()
        .load::<Settings>()
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("unknown key listen.prt in the environment variable ARO_WORKER__LISTEN__PRT"),
        "{error}"
    );
}

#[test]
fn a_wrong_value_names_key_and_place_and_never_quotes_the_value() {
    for (name, value, expected) in [
        (
            "ARO_LISTEN__PORT",
            "hunter2",
            "listen.port (from the environment variable ARO_LISTEN__PORT) is not usable",
        ),
        ("ARO_LISTEN__VERBOSE", "hunter2", "listen.verbose"),
        ("ARO_LISTEN__PORTS", "1,hunter2", "listen.ports"),
    ] {
        let error = Loader::new("worker")
            .environment(vars(&[(name, value)]))
            .unwrap()
            .load::<Settings>();
        let error = error.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    let error = Loader::new("worker")
        .text("a.toml", "[listen]\nport = 70000")
        .unwrap()
        .load::<Settings>()
        .unwrap_err();
    assert!(error.to_string().starts_with("listen.port (from a.toml)"), "{error}");
    let error = Loader::new("worker")
        .text("a.toml", "[store]\nkey = 4711")
        .unwrap()
        .load::<Settings>()
        .unwrap_err();
    assert!(!error.to_string().contains("4711"), "{error}");
    let error = Loader::new("worker")
        .text("a.toml", "x = 1\nkey = 'hunter2")
        .unwrap_err()
        .to_string();
    assert!(error.contains("line 2") && !error.contains("hunter2"), "{error}");
    let error = Loader::new("worker")
        .text("a.toml", "mode = 'other'")
        .unwrap()
        .load::<Settings>()
        .unwrap_err();
    assert!(error.to_string().contains("production"), "{error}");
}

#[test]
fn the_printed_form_hides_secrets() {
    let settings: Settings = Loader::new("worker")
        .text("rp.toml", "[store]\nkey = 'hunter2'")
        .unwrap()
        .load()
        .unwrap();
    assert_eq!(settings.store.key.expose(), "hunter2");
    let printed = redacted(&settings).unwrap();
    assert!(
        printed.contains("key = \"[REDACTED]\"") && printed.contains("busy_timeout = \"5s\""),
        "{printed}"
    );
    assert!(!format!("{settings:?}{printed}").contains("hunter2"));
}

#[test]
fn durations_read_back_what_they_write() {
    for text in ["0s", "250ms", "15s", "2m", "1h"] {
        let duration = aro_config::duration::parse(text).unwrap();
        assert_eq!(aro_config::duration::format(duration), text);
    }
    assert!(aro_config::duration::parse("5 parsecs").is_err());
}
