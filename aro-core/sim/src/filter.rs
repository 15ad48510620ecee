//! `$filter` of Azure's lists: the forms that published clients send.

use serde_json::Value;

/// A filter, read: any of the alternatives, of each all conditions.
pub(crate) struct Filter(Vec<Vec<Condition>>);

struct Condition {
    member: String,
    value: String,
    test: Test,
}

enum Test {
    /// `member eq 'value'`
    Equal,
    /// `startswith(member,'value')`
    StartsWith,
    /// `member/any(x:x eq 'value')`
    AnyEqual,
}

impl Filter {
    /// Reads a filter; nothing where a part of it has another form.
    pub(crate) fn parse(text: &str) -> Option<Filter> {
        let alternatives = split(text, " or ").into_iter().map(|alternative| {
            split(alternative, " and ")
                .into_iter()
                .map(|one| Condition::parse(one.trim()))
                .collect()
        });
        alternatives.collect::<Option<_>>().map(Filter)
    }

    /// Whether the filter lets a row through. Text is compared without regard to case.
    pub(crate) fn fits(&self, row: &Value) -> bool {
        self.0.iter().any(|all| all.iter().all(|one| one.fits(row)))
    }
}

impl Condition {
    fn parse(text: &str) -> Option<Condition> {
        let text = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(inner) => inner.trim(),
            None => text,
        };
        if let Some(inner) = text.strip_prefix("startswith(") {
            let (member, value) = inner.strip_suffix(')')?.split_once(',')?;
            return Condition::of(member, value, Test::StartsWith);
        }
        if let Some((member, inner)) = text.split_once("/any(") {
            let (variable, inner) = inner.strip_suffix(')')?.split_once(':')?;
            let (same, value) = inner.split_once(" eq ")?;
            return (variable.trim() == same.trim())
                .then(|| Condition::of(member, value, Test::AnyEqual))
                .flatten();
        }
        let (member, value) = text.split_once(" eq ")?;
        Condition::of(member, value, Test::Equal)
    }

    fn of(member: &str, value: &str, test: Test) -> Option<Condition> {
        let value = value.trim();
        let value = match value.strip_prefix('\'') {
            Some(rest) => rest.strip_suffix('\'')?.replace("''", "'"),
            None => value.to_owned(),
        };
        Some(Condition {
            member: member.trim().to_owned(),
            value,
            test,
        })
    }

    fn fits(&self, row: &Value) -> bool {
        let own = &row[self.member.as_str()];
        let equal = |one: &Value| one.as_str().is_some_and(|text| text.eq_ignore_ascii_case(&self.value));
        match self.test {
            Test::Equal => equal(own),
            Test::StartsWith => own
                .as_str()
                .is_some_and(|text| text.to_lowercase().starts_with(&self.value.to_lowercase())),
            Test::AnyEqual => own.as_array().is_some_and(|all| all.iter().any(equal)),
        }
    }
}

/// Splits at a word, but not inside of quotes.
fn split<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, c) in text.char_indices() {
        if c == '\'' {
            quoted = !quoted;
        } else if !quoted && at >= start && text[at..].starts_with(word) {
            parts.push(&text[start..at]);
            start = at + word.len();
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Filter;

    #[test]
    fn the_forms_clients_send() {
        let row = json!({"appId": "a1", "displayName": "Rock and Roll's", "servicePrincipalNames": ["x", "A1"]});
        for (filter, fits) in [
            ("appId eq 'A1'", true),
            ("appId eq 'a2'", false),
            ("(appId eq 'a1')", true),
            ("appId eq 'a2' or appId eq 'a1'", true),
            ("appId eq 'a1' and displayName eq 'Rock and Roll''s'", true),
            ("appId eq 'a1' and displayName eq 'other'", false),
            ("startswith(displayName,'rock')", true),
            ("startswith(displayName,'roll')", false),
            ("servicePrincipalNames/any(c:c eq 'a1')", true),
            ("servicePrincipalNames/any(c:c eq 'a2')", false),
        ] {
            assert_eq!(Filter::parse(filter).unwrap().fits(&row), fits, "{filter}");
        }
        for unknown in ["appId", "endswith(displayName,'x')", "a/any(c:d eq 'x')", "appId eq 'x"] {
            assert!(Filter::parse(unknown).is_none(), "{unknown}");
        }
    }
}
