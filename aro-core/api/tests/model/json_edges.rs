//! The edges of JSON, one by one.

use aro_api::model::Cluster;
use aro_api::request::{self, Method};
use aro_api::{ApiVersion, CloudError, Code};

use super::sample::{Catalogue, body};

fn legacy() -> ApiVersion {
    ApiVersion::parse("2023-11-22").unwrap()
}

/// A PATCH of the sample cluster.
fn patch(version: ApiVersion, change: impl AsRef<[u8]>) -> Result<Cluster, CloudError> {
    let catalogue = Catalogue::new();
    let first = body().to_string();
    let current = request::create(&catalogue.request(ApiVersion::latest(), Method::Put, first.as_bytes())).unwrap();
    request::update(&catalogue.request(version, Method::Patch, change.as_ref()), &current)
}

#[track_caller]
fn refused(change: impl AsRef<[u8]>, place: &str) {
    for version in [legacy(), ApiVersion::latest()] {
        let error = patch(version, change.as_ref()).unwrap_err();
        assert_eq!(
            (error.status_code, &error.code),
            (400, &Code::INVALID_REQUEST_CONTENT),
            "{version}"
        );
        assert!(error.message.contains(place), "{version}: {}", error.message);
    }
}

#[track_caller]
fn accepted(change: impl AsRef<[u8]>) {
    for version in [legacy(), ApiVersion::latest()] {
        patch(version, change.as_ref()).unwrap_or_else(|error| panic!("{version}: {error}"));
    }
}

/// How many workers a body with this number wishes for, as the rule about changes sees it.
fn count(version: ApiVersion, number: &str) -> Result<(), CloudError> {
    let change = format!("{{\"properties\":{{\"workerProfiles\":[{{\"count\":{number}}}]}}}}");
    patch(version, change).map(drop)
}

#[test]
fn depth_in_a_member_that_nobody_knows_is_skipped() {
    let depth = 100_000;
    accepted(format!("{{\"unknown\":{}{}}}", "[".repeat(depth), "]".repeat(depth)));
}

#[test]
fn depth_in_a_member_that_is_known_is_a_wrong_type() {
    let depth = 100_000;
    refused(
        format!("{{\"location\":{}{}}}", "[".repeat(depth), "]".repeat(depth)),
        "'/location'",
    );
}

#[test]
fn duplicate_members_are_refused_at_every_level() {
    refused(r#"{"location":"a","location":"a"}"#, "'/location'");
    refused(
        r#"{"properties":{"masterProfile":{},"masterProfile":{}}}"#,
        "'/properties/masterProfile'",
    );
    refused(r#"{"tags":{"a/b":"1","a/b":"1"}}"#, "'/tags/a~1b'");
    refused(r#"{"unknown":1,"unknown":1}"#, "'/unknown'");
}

#[test]
fn names_that_differ_in_case_are_duplicates_where_case_does_not_count() {
    let change = r#"{"tags":{"a":"1"},"Tags":{"b":"2"}}"#;
    assert_eq!(patch(legacy(), change).unwrap_err().code, Code::INVALID_REQUEST_CONTENT);
    let after = patch(ApiVersion::latest(), change).unwrap();
    assert_eq!(after.tags.keys().collect::<Vec<_>>(), ["a"]);
}

#[test]
fn whole_numbers_have_no_point_and_no_exponent() {
    for number in ["3.0", "3e0", "30e-1", "1e2", "3.5", "\"3\"", "true", "1e400"] {
        for version in [legacy(), ApiVersion::latest()] {
            let error = count(version, number).unwrap_err();
            assert_eq!(error.code, Code::INVALID_REQUEST_CONTENT, "{version} {number}");
        }
    }
    count(legacy(), "3").unwrap();
    count(ApiVersion::latest(), "3").unwrap();
}

#[test]
fn numbers_keep_their_value_beyond_the_53_bits_of_a_float() {
    for number in ["9007199254740993", "9223372036854775807", "-9223372036854775808"] {
        assert_eq!(
            count(legacy(), number).unwrap_err().code,
            Code::PROPERTY_CHANGE_NOT_ALLOWED,
            "{number}"
        );
    }
    assert_eq!(
        count(legacy(), "9223372036854775808").unwrap_err().code,
        Code::INVALID_REQUEST_CONTENT
    );
}

#[test]
fn the_modern_dialect_ends_at_32_bits() {
    let latest = ApiVersion::latest();
    for (number, code) in [
        ("2147483647", Code::PROPERTY_CHANGE_NOT_ALLOWED),
        ("2147483648", Code::INVALID_REQUEST_CONTENT),
        ("-2147483648", Code::PROPERTY_CHANGE_NOT_ALLOWED),
        ("-2147483649", Code::INVALID_REQUEST_CONTENT),
    ] {
        assert_eq!(count(latest, number).unwrap_err().code, code, "{number}");
        assert_eq!(
            count(legacy(), number).unwrap_err().code,
            Code::PROPERTY_CHANGE_NOT_ALLOWED
        );
    }
}

#[test]
fn numbers_that_nobody_reads_may_be_anything() {
    accepted(r#"{"unknown":[1e999,-0.0,1E+2,123456789012345678901234567890]}"#);
    refused(r#"{"unknown":01}"#, "not valid JSON");
}

#[test]
fn names_fold_as_far_as_unicode_does() {
    // The long s folds to s: to the legacy dialect this is another spelling of tags.
    let change = "{\"tag\u{17f}\":{\"only\":\"this\"}}";
    assert_eq!(patch(legacy(), change).unwrap().tags.len(), 1);
    assert!(patch(legacy(), change).unwrap().tags.get("only").is_some());
    assert!(patch(ApiVersion::latest(), change).unwrap().tags.get("only").is_none());
}

#[test]
fn keys_keep_every_character() {
    for version in [legacy(), ApiVersion::latest()] {
        let after = patch(version, "{\"tags\":{\"größe \u{1F600}\":\"ünïcode\",\"\":\"\"}}").unwrap();
        assert_eq!(after.tags.get("größe \u{1F600}").map(String::as_str), Some("ünïcode"));
        assert!(after.tags.get("").is_some());
    }
}

#[test]
fn null_elements_are_empty_ones_or_refused() {
    let change = r#"{"properties":{"workerProfiles":[null]}}"#;
    // In the legacy dialect null leaves the element as it was.
    patch(legacy(), change).unwrap();
    let error = patch(ApiVersion::latest(), change).unwrap_err();
    assert_eq!(error.code, Code::PROPERTY_CHANGE_NOT_ALLOWED);
    refused(r#"[null]"#, "expected an object");
    refused("null", "found null");
}

#[test]
fn half_a_surrogate_pair_is_no_character() {
    refused(r#"{"tags":{"a":"\ud800"}}"#, "not valid JSON");
    refused(r#"{"tags":{"\udc00":"a"}}"#, "not valid JSON");
    refused(r#"{"tags":{"a":"\ud800\u0041"}}"#, "not valid JSON");
    accepted(r#"{"tags":{"a":"\ud83d\ude00"}}"#);
}

#[test]
fn bytes_that_are_no_utf_8_are_refused() {
    refused(b"{\"tags\":{\"a\":\"\xFF\"}}", "not valid JSON");
    refused(b"{\"tags\":{\"\xC3\":\"a\"}}", "not valid JSON");
    refused(b"{\"tags\":{\"a\":\"\xED\xA0\x80\"}}", "not valid JSON");
}

#[test]
fn a_byte_order_mark_is_no_json() {
    refused(b"\xEF\xBB\xBF{}", "not valid JSON");
    refused(b"\xFE\xFF\0{\0}", "not valid JSON");
}

#[test]
fn what_stands_beside_the_value_counts() {
    for body in ["", " ", "{} {}", "{}x", "{},", "{", "//\n{}"] {
        refused(body, "not valid JSON");
    }
    accepted("\r\n\t {} \n");
}
