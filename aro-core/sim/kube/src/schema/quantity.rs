//! Amounts: a decimal number with a suffix, written in one canonical way.

use std::cmp::Ordering;
use std::fmt;

/// An amount, exact to 10⁻⁹.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity {
    /// Billionths.
    nanos: i128,
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Decimal,
    Binary,
    Exponent,
}

const NANO: i128 = 1_000_000_000;
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// Suffixes of powers of a thousand from 10⁻⁹ on.
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

impl Quantity {
    /// Reads an amount such as `100m`, `1.5Gi` or `12e6`. Digits below 10⁻⁹ round away from zero.
    pub fn parse(text: &str) -> Option<Self> {
        let digits_end = text
            .char_indices()
            .find(|(at, c)| !(c.is_ascii_digit() || *c == '.' || (*at == 0 && matches!(c, '+' | '-'))))
            .map_or(text.len(), |(at, _)| at);
        let (number, suffix) = text.split_at(digits_end);
        let (format, base, exponent) = suffix_of(suffix)?;
        let (negative, number) = match number.as_bytes().first()? {
            b'-' => (true, &number[1..]),
            b'+' => (false, &number[1..]),
            _ => (false, number),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return None;
        }
        let mut mantissa: i128 = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
        }
        let mut scale = 9 - i32::try_from(fraction.len()).ok()?;
        if base == 10 {
            scale += exponent;
        } else {
            mantissa = mantissa.checked_mul(1_i128.checked_shl(10 * u32::try_from(exponent).ok()?)?)?;
        }
        let power = 10_i128.checked_pow(scale.unsigned_abs())?;
        let nanos = if scale >= 0 {
            mantissa.checked_mul(power)?
        } else {
            (mantissa + power - 1) / power
        };
        Some(Self {
            nanos: if negative { -nanos } else { nanos },
            format,
        })
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.nanos < 0
    }

    /// Whether it is a whole number.
    pub fn is_whole(self) -> bool {
        self.nanos % NANO == 0
    }

    /// The whole number not below it.
    pub fn whole(self) -> i128 {
        self.nanos.div_euclid(NANO) + i128::from(self.nanos.rem_euclid(NANO) != 0)
    }

    /// -1 below zero, 1 above it.
    pub fn sign(self) -> i64 {
        i64::from(self.nanos > 0) - i64::from(self.nanos < 0)
    }

    /// The amount, not exact.
    pub fn approximate(self) -> f64 {
        self.nanos as f64 / NANO as f64
    }

    /// The difference of both, in the form of the first.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.plus(Self {
            nanos: -other.nanos,
            ..other
        })
    }

    /// The sum of both, in the form of the first.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            nanos: self.nanos + other.nanos,
            format: self.format,
        }
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.nanos.cmp(&other.nanos))
    }
}

fn suffix_of(suffix: &str) -> Option<(Format, u32, i32)> {
    if let Some(at) = BINARY.iter().position(|known| *known == suffix) {
        return Some((Format::Binary, 2, i32::try_from(at).ok()? + 1));
    }
    if let Some(at) = DECIMAL.iter().position(|known| *known == suffix) {
        return Some((Format::Decimal, 10, 3 * (i32::try_from(at).ok()? - 3)));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    Some((Format::Exponent, 10, exponent.parse().ok()?))
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return f.write_str("0");
        }
        if self.format == Format::Binary && self.nanos.abs() >= 1024 * NANO {
            let mut amount = self.whole();
            let mut suffix = "";
            for next in BINARY {
                if amount % 1024 != 0 {
                    break;
                }
                amount /= 1024;
                suffix = next;
            }
            return write!(f, "{amount}{suffix}");
        }
        let (mut amount, mut at) = (self.nanos, 0);
        while at + 1 < DECIMAL.len() && amount % 1000 == 0 {
            amount /= 1000;
            at += 1;
        }
        match (self.format, at) {
            (Format::Exponent, 3) | (Format::Decimal | Format::Binary, _) => write!(f, "{amount}{}", DECIMAL[at]),
            (Format::Exponent, _) => write!(f, "{amount}e{}", 3 * (at as i64 - 3)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_in_one_way() {
        for (given, written) in [
            ("0.1", "100m"),
            ("1", "1"),
            ("1Gi", "1Gi"),
            ("1024Mi", "1Gi"),
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("1.5Gi", "1536Mi"),
            ("100Ki", "100Ki"),
            ("512", "512"),
            ("1e3", "1e3"),
            ("12e6", "12e6"),
            ("1000000", "1M"),
            ("0", "0"),
            ("-1k", "-1k"),
            ("0.0000000001", "1n"),
        ] {
            assert_eq!(Quantity::parse(given).unwrap().to_string(), written, "{given}");
        }
        for wrong in ["", "x", "1x", "1.2.3", "--1", ".", "1 "] {
            assert_eq!(Quantity::parse(wrong), None, "{wrong}");
        }
    }
}
