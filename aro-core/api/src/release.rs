//! OpenShift release numbers: `4.16.30`, `4.17.0-rc.1`.

use std::fmt;
use std::str::FromStr;

/// The number of an OpenShift release: three numbers and whatever follows them.
///
/// Comparison by [`Release::is_lower_than`] looks at the numbers only; equality looks at the suffix as well.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// First number.
    pub major: u32,
    /// Second number.
    pub minor: u32,
    /// Third number.
    pub patch: u32,
    /// What follows the third number, for example `-rc.1`.
    pub suffix: String,
}

/// The text is no release number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an OpenShift release number, which has three numbers separated by dots")]
pub struct NotARelease;

impl Release {
    /// A release without a suffix.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
            suffix: String::new(),
        }
    }

    /// The three numbers of a text and what follows them, without allocation; white space around is ignored.
    pub fn scan(text: &str) -> Option<([u32; 3], &str)> {
        let mut rest = text.trim();
        let mut numbers = [0; 3];
        for (i, number) in numbers.iter_mut().enumerate() {
            if i > 0 {
                rest = rest.strip_prefix('.')?;
            }
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            *number = rest.get(..digits)?.parse().ok()?;
            rest = rest.get(digits..)?;
        }
        Some((numbers, rest))
    }

    /// The three numbers.
    pub fn numbers(&self) -> [u32; 3] {
        [self.major, self.minor, self.patch]
    }

    /// Whether the three numbers are lower than those of `other`.
    pub fn is_lower_than(&self, other: &Self) -> bool {
        self.numbers() < other.numbers()
    }

    /// `4.16` of `4.16.30`.
    pub fn minor_version(&self) -> String {
        format!("{}.{}", self.major, self.minor)
    }
}

impl FromStr for Release {
    type Err = NotARelease;

    fn from_str(text: &str) -> Result<Self, NotARelease> {
        let ([major, minor, patch], suffix) = Self::scan(text).ok_or(NotARelease)?;
        Ok(Self {
            major,
            minor,
            patch,
            suffix: suffix.to_owned(),
        })
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}{}", self.major, self.minor, self.patch, self.suffix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_three_numbers_and_keeps_the_suffix() {
        for text in ["4.16.30", "4.16.30+x", "4.16.30.1", "4.17.0-rc.1"] {
            assert_eq!(text.parse::<Release>().unwrap().to_string(), text);
        }
        assert_eq!(" 4.16.30\n".parse::<Release>().unwrap(), Release::new(4, 16, 30));
        for wrong in ["", "4.16", "x", "4.16.", "4.16.4294967296", "-4.1.2", "v4.1.2"] {
            assert_eq!(wrong.parse::<Release>(), Err(NotARelease), "{wrong}");
        }
    }

    #[test]
    fn order_looks_at_numbers_only() {
        let release: Release = "4.16.30-rc.1".parse().unwrap();
        assert!(!release.is_lower_than(&Release::new(4, 16, 30)));
        assert!(release.is_lower_than(&Release::new(4, 17, 0)));
        assert!(Release::new(4, 9, 9).is_lower_than(&Release::new(4, 10, 0)));
        assert_eq!(release.minor_version(), "4.16");
    }
}
