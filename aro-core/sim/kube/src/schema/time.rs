//! Times in documents: what is accepted, how it is written, and how a fault is told.

use ::time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// Parts of the layout the server reads times by, with the text that names each in its messages.
const PARTS: [(&str, Part); 11] = [
    ("2006", Part::Digits(4)),
    ("-", Part::Literal),
    ("01", Part::Digits(2)),
    ("-", Part::Literal),
    ("02", Part::Digits(2)),
    ("T", Part::Literal),
    ("15", Part::Digits(2)),
    (":", Part::Literal),
    ("04", Part::Digits(2)),
    (":", Part::Literal),
    ("05", Part::Digits(2)),
];

enum Part {
    Digits(usize),
    Literal,
}

/// Reads a time in seconds and writes it in UTC.
///
/// # Errors
/// The server's message.
pub(super) fn seconds(text: &str) -> Result<String, String> {
    let at = read(text, false)?;
    Ok(write(at, false))
}

/// Reads a time that must have six decimals and writes it in UTC.
///
/// # Errors
/// The server's message.
pub(super) fn micros(text: &str) -> Result<String, String> {
    let at = read(text, true)?;
    Ok(write(at, true))
}

fn read(text: &str, micros: bool) -> Result<OffsetDateTime, String> {
    let layout = if micros {
        "2006-01-02T15:04:05.000000Z07:00"
    } else {
        "2006-01-02T15:04:05Z07:00"
    };
    let fault =
        |rest: &str, part: &str| format!("parsing time {text:?} as {layout:?}: cannot parse {rest:?} as {part:?}");
    let mut rest = text;
    for (name, part) in &PARTS {
        rest = match part {
            Part::Literal => rest.strip_prefix(name).ok_or_else(|| fault(rest, name))?,
            Part::Digits(count) => {
                let digits = rest.bytes().take(*count).filter(u8::is_ascii_digit).count();
                if digits < *count {
                    return Err(fault(rest, name));
                }
                &rest[*count..]
            }
        };
    }
    let decimals = rest
        .strip_prefix('.')
        .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    if micros && decimals != 6 {
        return Err(fault(rest, ".000000"));
    }
    let zone = if decimals > 0 { &rest[decimals + 1..] } else { rest };
    let known = zone == "Z"
        || zone.len() == 6
            && zone.starts_with(['+', '-'])
            && zone.as_bytes()[3] == b':'
            && zone[1..3].parse::<u8>().is_ok();
    if !known {
        return Err(fault(zone, "Z07:00"));
    }
    OffsetDateTime::parse(text, &Rfc3339)
        .map(|at| at.to_offset(UtcOffset::UTC))
        .map_err(|_| format!("parsing time {text:?}: day out of range"))
}

/// A time as documents have it.
pub(super) fn write(at: OffsetDateTime, micros: bool) -> String {
    let date = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    );
    if micros {
        format!("{date}.{:06}Z", at.microsecond())
    } else {
        format!("{date}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(seconds("2020-01-01T00:00:00Z").unwrap(), "2020-01-01T00:00:00Z");
        assert_eq!(seconds("2020-01-01T02:00:00.25+02:00").unwrap(), "2020-01-01T00:00:00Z");
        assert_eq!(
            micros("2020-01-01T00:00:02.123456Z").unwrap(),
            "2020-01-01T00:00:02.123456Z"
        );
    }

    #[test]
    fn faults_have_the_servers_words() {
        let layout = "2006-01-02T15:04:05.000000Z07:00";
        for (text, rest, part) in [
            ("2020-01-01T00:01:00.5Z", ".5Z", ".000000"),
            ("2020-01-01T00:02:00Z", "Z", ".000000"),
            ("not a time", "not a time", "2006"),
        ] {
            assert_eq!(
                micros(text).unwrap_err(),
                format!("parsing time {text:?} as {layout:?}: cannot parse {rest:?} as {part:?}")
            );
        }
    }
}
