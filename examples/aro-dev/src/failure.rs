//! Why the program ends with a code other than 0, in words for the person at the terminal.

use std::fmt;

/// What went wrong and, where known, what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>) -> Failure {
        Failure {
            what: what.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "\n{hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

/// Adds what was being done to an error that only says why it could not be done.
pub(crate) trait While<T> {
    fn while_doing(self, what: &str) -> Result<T, Failure>;
}

impl<T, E: fmt::Display> While<T> for Result<T, E> {
    fn while_doing(self, what: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(format!("{what} failed: {error}")))
    }
}
