//! What validation finds.

use aro_api::{CloudError, CloudErrorBody, Code};

/// One thing that is missing or wrong, and how it is mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of finding.
    pub code: Code,
    /// The member of the request it comes from; empty when it is none.
    pub target: String,
    /// What is missing or wrong, in a sentence.
    pub missing: String,
    /// The Azure CLI command that mends it, or that shows what can be chosen instead.
    pub command: String,
    /// Whether it may go by itself: rights that were just given take minutes to be known everywhere in Azure.
    pub may_settle: bool,
}

/// All that was found, in the order in which the rules are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings(pub Vec<Finding>);

impl Finding {
    /// A finding that somebody has to mend.
    pub(super) fn new(code: Code, target: impl Into<String>, missing: String, command: String) -> Self {
        Self {
            code,
            target: target.into(),
            missing,
            command,
            may_settle: false,
        }
    }

    /// The finding as one text: what is missing, and the command.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} Run: {}", self.missing, self.command)
    }
}

impl Findings {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all of it may go by itself.
    #[must_use]
    pub fn may_settle(&self) -> bool {
        self.0.iter().all(|finding| finding.may_settle)
    }

    /// The error a customer is told; `None` when nothing was found. Code and target are those of the first finding; every
    /// finding is a detail.
    #[must_use]
    pub fn error(&self) -> Option<CloudError> {
        let first = self.0.first()?;
        let text = match self.0.len() - 1 {
            0 => first.text(),
            1 => format!("{} One more finding is in the details.", ended(first.text())),
            more => format!("{} {more} more findings are in the details.", ended(first.text())),
        };
        let error = CloudError::bad_request(first.code.clone(), first.target.clone(), plain(&text));
        Some(self.0.iter().fold(error, |error, finding| {
            error.with_detail(CloudErrorBody {
                code: finding.code.clone(),
                message: plain(&finding.text()),
                target: finding.target.clone(),
                details: Vec::new(),
            })
        }))
    }
}

fn ended(text: String) -> String {
    if text.ends_with('.') { text } else { format!("{text}.") }
}

/// Clients show messages inside double quotes.
fn plain(text: &str) -> String {
    text.replace('"', "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(code: Code, may_settle: bool) -> Finding {
        Finding {
            code,
            target: "t".to_owned(),
            missing: "It \"is\" missing.".to_owned(),
            command: "az x".to_owned(),
            may_settle,
        }
    }

    #[test]
    fn the_first_finding_names_the_error_and_all_are_details() {
        assert_eq!(Findings::default().error(), None);
        let all = Findings(vec![
            finding(Code::INVALID_LINKED_VNET, false),
            finding(Code::RESOURCE_QUOTA_EXCEEDED, true),
        ]);
        let error = all.error().unwrap();
        assert_eq!(error.code, Code::INVALID_LINKED_VNET);
        assert_eq!(
            error.message,
            "It 'is' missing. Run: az x. One more finding is in the details."
        );
        let codes: Vec<&str> = error.details.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(codes, ["InvalidLinkedVNet", "ResourceQuotaExceeded"]);
        assert!(!all.may_settle() && Findings(vec![finding(Code::FORBIDDEN, true)]).may_settle());
    }
}
