//! When recurring maintenance is due: calendar expressions and spans of time, as schedules give them.
//!
//! ```
//! use aro_api::calendar;
//!
//! assert!(calendar::check("Mon,Thu *-*-* 02:15").is_ok());
//! assert_eq!(calendar::check("*-13-* 0:0").unwrap_err().field, "month");
//! ```

/// Why an expression is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {field} is invalid")]
pub struct Malformed {
    /// The field at fault, or `form` when the expression as a whole cannot be cut into fields.
    pub field: &'static str,
}

const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];
/// The first year that may be named.
const FIRST_YEAR: u32 = 2026;

/// The name of a field, its text, and which numbers it may have.
type Field<'a> = (&'static str, Option<&'a str>, fn(u32) -> bool);

/// Checks `[Weekdays ]Year-Month-Day Hour:Minute[:Second]`: each field is `*` or a list of numbers separated by commas,
/// weekdays are English names (short or full, any case), minutes are quarter hours, seconds zero.
///
/// # Errors
/// The first field at fault.
pub fn check(expression: &str) -> Result<(), Malformed> {
    let form = Malformed { field: "form" };
    let mut words = expression.split(' ');
    let (first, second, third) = (words.next(), words.next(), words.next());
    let (weekdays, date, time) = match (first, second, third, words.next()) {
        (Some(weekdays), Some(date), Some(time), None) => (Some(weekdays), date, time),
        (Some(date), Some(time), None, None) => (None, date, time),
        _ => return Err(form),
    };
    let is_weekday = |name: &str| {
        WEEKDAYS
            .iter()
            .any(|day| day.eq_ignore_ascii_case(name) || day[..3].eq_ignore_ascii_case(name))
    };
    if weekdays.is_some_and(|names| !names.split(',').all(is_weekday)) {
        return Err(Malformed { field: "weekday" });
    }
    let mut date = date.split('-');
    let mut time = time.split(':');
    let fields: [Field<'_>; 5] = [
        ("year", date.next(), |year| year >= FIRST_YEAR),
        ("month", date.next(), |month| (1..=12).contains(&month)),
        ("day", date.next(), |day| (1..=31).contains(&day)),
        ("hour", time.next(), |hour| hour <= 23),
        ("minute", time.next(), |minute| matches!(minute, 0 | 15 | 30 | 45)),
    ];
    let second = time.next();
    if date.next().is_some() || time.next().is_some() || fields.iter().any(|(_, text, _)| text.is_none()) {
        return Err(form);
    }
    for (field, text, allowed) in fields {
        if !text.is_some_and(|text| text == "*" || text.split(',').all(|part| number(part).is_some_and(allowed))) {
            return Err(Malformed { field });
        }
    }
    match second {
        None | Some("0" | "00") => Ok(()),
        Some(_) => Err(Malformed { field: "second" }),
    }
}

fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Whether the text is a span of time: decimal numbers with units (`ns`, `us`, `µs`, `ms`, `s`, `m`, `h`), as `1h30m`,
/// possibly with a sign; or a bare `0`.
pub fn is_span(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let digits = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
            .count();
        let (amount, tail) = rest.split_at(digits);
        let valid = amount.bytes().any(|byte| byte.is_ascii_digit())
            && amount.bytes().filter(|byte| *byte == b'.').count() <= 1;
        // Longer units first: `ms` is not `m`.
        let unit = ["ns", "us", "\u{b5}s", "\u{3bc}s", "ms", "s", "m", "h"]
            .iter()
            .find_map(|unit| tail.strip_prefix(unit));
        match unit {
            Some(after) if valid => rest = after,
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_have_a_date_and_a_time() {
        for valid in [
            "*-*-* *:*",
            "Mon *-*-* 0:0",
            "monday,THU 2026,2027-1-31 23:45:00",
            "*-02-31 09:15:0",
        ] {
            assert_eq!(check(valid), Ok(()), "{valid}");
        }
        for (wrong, field) in [
            ("", "form"),
            ("*-*-*", "form"),
            ("*-* *:*", "form"),
            ("a b c d", "form"),
            ("Mo *-*-* 0:0", "weekday"),
            ("2025-*-* 0:0", "year"),
            ("*-0-* 0:0", "month"),
            ("*-*-32 0:0", "day"),
            ("*-*-* 24:0", "hour"),
            ("*-*-* 0:10", "minute"),
            ("*-*-* 0:0:1", "second"),
            ("*-*-1..3 0:0", "day"),
            ("*-*-*/2 0:0", "day"),
            ("*-*-1, 0:0", "day"),
        ] {
            assert_eq!(check(wrong), Err(Malformed { field }), "{wrong}");
        }
    }

    #[test]
    fn spans_have_units() {
        for valid in ["24h", "1h30m", "0s", "0", "-1.5h", "+10ms", ".5s", "1\u{b5}s"] {
            assert!(is_span(valid), "{valid}");
        }
        for wrong in ["", "-", "24", "h", "1 h", "1h30", "1d", "1..5s", ".s"] {
            assert!(!is_span(wrong), "{wrong}");
        }
    }
}
