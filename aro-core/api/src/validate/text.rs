//! How values stand in messages.

/// The value in single quotes, without double quotes and control characters, shortened when it is long.
pub(super) fn quoted(value: &str) -> String {
    const LONGEST: usize = 120;
    let mut text = String::with_capacity(value.len().min(LONGEST) + 2);
    text.push('\'');
    for (i, c) in value.chars().enumerate() {
        if i == LONGEST {
            text.push('\u{2026}');
            break;
        }
        text.push(match c {
            '"' => '\'',
            c if c.is_control() => '\u{FFFD}',
            c => c,
        });
    }
    text.push('\'');
    text
}

/// One reference token of a JSON pointer, without double quotes.
pub(crate) fn pointer_token(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1").replace('"', "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_without_double_quotes() {
        assert_eq!(quoted("a\"b\n"), "'a'b\u{FFFD}'");
        assert_eq!(quoted(&"x".repeat(300)).chars().count(), 123);
    }

    #[test]
    fn pointer_tokens_are_escaped() {
        assert_eq!(pointer_token("a/b~c"), "a~1b~0c");
    }
}
