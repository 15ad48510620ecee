//! What names and identifiers look like: byte scanners without regular expressions or allocation.

use crate::arm_id::fold;

/// Length of the name of a virtual network, in characters.
pub const VNET_NAME: std::ops::RangeInclusive<usize> = 2..=64;
/// Length of the name of a subnet, in characters.
pub const SUBNET_NAME: std::ops::RangeInclusive<usize> = 2..=80;

/// 8-4-4-4-12 hexadecimal digits with dashes.
pub fn is_canonical_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A UUID in one of the four usual spellings: with dashes, bare digits, in braces, or as a URN.
pub fn is_uuid(text: &str) -> bool {
    match text.len() {
        32 => text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        36 => is_canonical_uuid(text),
        38 => text
            .strip_prefix('{')
            .and_then(|inner| inner.strip_suffix('}'))
            .is_some_and(is_canonical_uuid),
        45 => {
            text.get(..9)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:uuid:"))
                && text.get(9..).is_some_and(is_canonical_uuid)
        }
        _ => false,
    }
}

/// Whether every character is an ASCII letter (or folds to one), a digit, or one of `extra`; counts them.
fn characters(text: &str, extra: &[u8]) -> Option<usize> {
    let mut count = 0;
    for c in text.chars() {
        let c = fold(c);
        let allowed = c.is_ascii_alphanumeric() || (c.is_ascii() && extra.contains(&(c as u8)));
        if !allowed {
            return None;
        }
        count += 1;
    }
    Some(count)
}

/// The name of a resource group (or of a cluster): 1–90 letters, digits, `-_().`, not ending with a dot.
pub fn is_resource_group_name(text: &str) -> bool {
    characters(text, b"-_().").is_some_and(|count| (1..=90).contains(&count)) && !text.ends_with('.')
}

/// The name of a virtual network or subnet: letters, digits, `-_.`, of a bounded length.
pub fn is_network_name(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    characters(text, b"-_.").is_some_and(|count| length.contains(&count))
}

/// The name of a disk encryption set: 1–80 letters, digits, `-_`.
pub fn is_disk_encryption_set_name(text: &str) -> bool {
    characters(text, b"-_").is_some_and(|count| (1..=80).contains(&count))
}

/// A domain for a new cluster: lower-case labels separated by dots, of which the first starts with a letter and has
/// at least two characters.
pub fn is_new_domain(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
        && text.split('.').next().is_some_and(|first| first.len() >= 2)
        && is_domain(text)
}

/// A domain as existing clusters may have it: lower-case labels (RFC 1123) separated by dots.
pub fn is_domain(text: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.split('.').all(|label| {
        let bytes = label.as_bytes();
        match bytes {
            [] => false,
            [first, .., last] => {
                bytes.len() <= 63
                    && alphanumeric(*first)
                    && alphanumeric(*last)
                    && bytes.iter().all(|&byte| alphanumeric(byte) || byte == b'-')
            }
            [only] => alphanumeric(*only),
        }
    })
}

/// A strict version of three numbers with an optional `-prerelease` and `+build`.
pub fn is_semantic_version(text: &str) -> bool {
    let (text, build) = text.split_once('+').map_or((text, ""), |(head, tail)| (head, tail));
    let (core, prerelease) = text.split_once('-').map_or((text, ""), |(head, tail)| (head, tail));
    let mut numbers = core.splitn(3, '.');
    let number = |part: Option<&str>| {
        part.is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<i64>().is_ok())
    };
    number(numbers.next())
        && number(numbers.next())
        && number(numbers.next())
        && is_version_suffix(prerelease)
        && is_version_suffix(build)
}

fn is_version_suffix(text: &str) -> bool {
    text.is_empty()
        || text.split('.').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'~')
        })
}

/// The name of an Azure location as it stands in URLs: lower-case letters and digits.
pub fn is_location(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_come_in_four_spellings() {
        for valid in [
            "11111111-1111-1111-1111-111111111111",
            "AAAAAAAA-1111-1111-1111-111111111111",
            "{11111111-1111-1111-1111-111111111111}",
            "urn:uuid:11111111-1111-1111-1111-111111111111",
            "11111111111111111111111111111111",
        ] {
            assert!(is_uuid(valid), "{valid}");
        }
        for wrong in [
            "",
            "1111111-11111-1111-1111-111111111111",
            "gggggggg-1111-1111-1111-111111111111",
            " 11111111-1111-1111-1111-111111111111",
            "11111111-1111-1111-1111-111111111111 ",
            "[11111111-1111-1111-1111-111111111111]",
            "urn:uuix:11111111-1111-1111-1111-111111111111",
            "1111111111111111111111111111111g",
        ] {
            assert!(!is_uuid(wrong), "{wrong}");
        }
    }

    #[test]
    fn resource_group_names_have_bounds() {
        assert!(is_resource_group_name("(a)_.-b") && is_resource_group_name(&"a".repeat(90)));
        assert!(!is_resource_group_name("") && !is_resource_group_name(&"a".repeat(91)));
        assert!(!is_resource_group_name("a.") && !is_resource_group_name("a b"));
    }

    #[test]
    fn new_domains_start_with_a_letter() {
        let long = "a".repeat(63);
        for (domain, new, existing) in [
            ("cluster", true, true),
            ("ab", true, true),
            ("a", false, true),
            ("a.b", false, true),
            ("ab.c", true, true),
            ("ok.0", true, true),
            ("0k.io", false, true),
            ("8cluster", false, true),
            ("a--b", true, true),
            (long.as_str(), true, true),
            (&"a".repeat(64), false, false),
            (&format!("ab.{long}"), true, true),
            (&format!("ab.{long}a"), false, false),
            ("", false, false),
            ("Cluster", false, false),
            ("cluster_1", false, false),
            ("-a", false, false),
            ("a-", false, false),
            ("cluster.location.aroapp.io.", false, false),
            ("cluster..io", false, false),
            (" ab", false, false),
            ("ab\n", false, false),
            ("\u{fc}n.com", false, false),
        ] {
            assert_eq!(is_new_domain(domain), new, "{domain}");
            assert_eq!(is_domain(domain), existing, "{domain}");
        }
    }

    #[test]
    fn semantic_versions_have_three_numbers() {
        for valid in ["4.17.0", "04.17.0", "4.17.0-rc.1", "4.17.0+build.1", "4.17.0-rc.1+x"] {
            assert!(is_semantic_version(valid), "{valid}");
        }
        for wrong in [
            "",
            "4.17",
            "4.17.0.1",
            "4.17.0 ",
            "v4.17.0",
            "bad",
            "4..0",
            "4.17.0-a..b",
            "4.17.99999999999999999999",
        ] {
            assert!(!is_semantic_version(wrong), "{wrong}");
        }
    }
}
