//! When recurring maintenance is due: calendar expressions and spans of time, as schedules give them.
//!
//! ```
//! use aro_api::calendar;
//!
//! assert!(calendar::check("Mon,Thu *-*-* 02:15").is_ok());
//! assert_eq!(calendar::check("*-13-* 0:0").unwrap_err().field, "month");
//! ```

use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

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
/// The last year that a time can have.
const LAST_YEAR: i32 = 9999;
/// The minutes that may be named.
const QUARTERS: [u32; 4] = [0, 15, 30, 45];

/// When something is due, by the calendar of UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// From Monday; every day where none is named.
    weekdays: Numbers,
    years: Numbers,
    months: Numbers,
    days: Numbers,
    hours: Numbers,
    minutes: Numbers,
}

/// The numbers that a field may have.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Numbers {
    Any,
    Named(Vec<u32>),
}

impl Numbers {
    fn read(text: &str, allowed: impl Fn(u32) -> bool) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        let numbers = text
            .split(',')
            .map(|part| number(part).filter(|number| allowed(*number)));
        numbers.collect::<Option<Vec<_>>>().map(Self::Named)
    }

    fn have(&self, number: impl Into<u32>) -> bool {
        match self {
            Self::Any => true,
            Self::Named(numbers) => numbers.contains(&number.into()),
        }
    }
}

impl Calendar {
    /// Reads `[Weekdays ]Year-Month-Day Hour:Minute[:Second]`: each field is `*` or a list of numbers separated by
    /// commas, weekdays are English names (short or full, any case), minutes are quarter hours, seconds zero.
    ///
    /// # Errors
    /// The first field at fault.
    pub fn parse(expression: &str) -> Result<Self, Malformed> {
        let form = Malformed { field: "form" };
        let mut words = expression.split(' ');
        let (first, second, third) = (words.next(), words.next(), words.next());
        let (weekdays, date, time) = match (first, second, third, words.next()) {
            (Some(weekdays), Some(date), Some(time), None) => (Some(weekdays), date, time),
            (Some(date), Some(time), None, None) => (None, date, time),
            _ => return Err(form),
        };
        let weekdays = match weekdays {
            None => Numbers::Any,
            Some(names) => Numbers::Named(
                names
                    .split(',')
                    .map(weekday)
                    .collect::<Option<_>>()
                    .ok_or(Malformed { field: "weekday" })?,
            ),
        };
        let (mut date, mut time) = (date.split('-'), time.split(':'));
        let [year, month, day] = [date.next(), date.next(), date.next()];
        let [hour, minute, second] = [time.next(), time.next(), time.next()];
        let (Some(year), Some(month), Some(day), Some(hour), Some(minute)) = (year, month, day, hour, minute) else {
            return Err(form);
        };
        if date.next().is_some() || time.next().is_some() {
            return Err(form);
        }
        let read = |field, text, allowed: fn(u32) -> bool| Numbers::read(text, allowed).ok_or(Malformed { field });
        let calendar = Self {
            weekdays,
            years: read("year", year, |year| year >= FIRST_YEAR)?,
            months: read("month", month, |month| (1..=12).contains(&month))?,
            days: read("day", day, |day| (1..=31).contains(&day))?,
            hours: read("hour", hour, |hour| hour <= 23)?,
            minutes: read("minute", minute, |minute| QUARTERS.contains(&minute))?,
        };
        match second {
            None | Some("0" | "00") => Ok(calendar),
            Some(_) => Err(Malformed { field: "second" }),
        }
    }

    /// The first time after `after` at which it is due; `None` where there is none up to the year 9999, as for the 31st
    /// of February. Where the minutes are any, they are the quarters of the hour.
    pub fn next_after(&self, after: OffsetDateTime) -> Option<OffsetDateTime> {
        let after = after.to_offset(UtcOffset::UTC);
        let first = after.date();
        let dates = (first.year()..=LAST_YEAR)
            .filter(|year| u32::try_from(*year).is_ok_and(|year| self.years.have(year)))
            .flat_map(|year| (1..=12_u8).map(move |month| (year, month)))
            .filter(|(_, month)| self.months.have(*month))
            .flat_map(|(year, month)| (1..=31_u8).map(move |day| (year, month, day)))
            .filter(|(_, _, day)| self.days.have(*day))
            .filter_map(|(year, month, day)| Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok())
            .filter(|date| *date >= first && self.weekdays.have(date.weekday().number_days_from_monday()));
        dates
            .flat_map(|date| self.times().map(move |time| date.with_time(time).assume_utc()))
            .find(|due| *due > after)
    }

    fn times(&self) -> impl Iterator<Item = Time> {
        let hours = (0..24_u8).filter(|hour| self.hours.have(*hour));
        hours.flat_map(move |hour| {
            let minutes = QUARTERS.into_iter().filter(|minute| self.minutes.have(*minute));
            minutes.filter_map(move |minute| Time::from_hms(hour, u8::try_from(minute).ok()?, 0).ok())
        })
    }
}

/// As [`Calendar::parse`], for who does not need the calendar.
///
/// # Errors
/// The first field at fault.
pub fn check(expression: &str) -> Result<(), Malformed> {
    Calendar::parse(expression).map(drop)
}

fn weekday(name: &str) -> Option<u32> {
    let is = |day: &&str| day.eq_ignore_ascii_case(name) || day[..3].eq_ignore_ascii_case(name);
    let day = WEEKDAYS.iter().position(is)?;
    u32::try_from(day).ok()
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
    use time::macros::datetime;

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
    fn the_next_time_is_strictly_later() {
        let after = datetime!(2026-11-22 23:45 UTC); // a Sunday
        for (expression, due) in [
            ("*-*-* *:*", Some(datetime!(2026-11-23 00:00 UTC))),
            ("Mon,Thu *-*-* 02:15", Some(datetime!(2026-11-23 02:15 UTC))),
            ("Sun *-*-* 23:45", Some(datetime!(2026-11-29 23:45 UTC))),
            ("*-*-1 0:0", Some(datetime!(2026-12-01 00:00 UTC))),
            ("*-02-29 12:30", Some(datetime!(2028-02-29 12:30 UTC))),
            ("2030,2028-1-31 9:0", Some(datetime!(2028-01-31 09:00 UTC))),
            ("*-02-31 0:0", None),
            ("2026-1-1 0:0", None),
            ("4294967295-1-1 0:0", None),
        ] {
            assert_eq!(
                Calendar::parse(expression).unwrap().next_after(after),
                due,
                "{expression}"
            );
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
