//! The deviation rules as a page of the documentation, which a test compares with the committed one.

use crate::deviations::{self, Rule};

/// The page `docs/deviation-rules.md`: one line a rule, in the order in which the rules stand.
pub(crate) fn page() -> String {
    let mut page = String::from(
        "# Deviation rules\n\n\
         Every rule of `cargo xtask golden`: which leaf of a recorded outcome it replaces, and why. The page is written by\n\
         `cargo xtask golden --list > docs/deviation-rules.md`; [deviations.md](deviations.md) tells the same in words, with the\n\
         tests.\n\n\
         | file | rule | versions | operations | leaf | the reference | here | why |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for rule in deviations::all() {
        page.push_str(&line(rule));
    }
    page
}

fn line(rule: &Rule) -> String {
    let list = |words: &[&str]| {
        if words.is_empty() {
            "all".to_owned()
        } else {
            words.join(", ")
        }
    };
    let value = |value: Option<&str>| value.map_or_else(|| "absent".to_owned(), code);
    let cells = [
        rule.file.to_owned(),
        text(rule.name),
        list(rule.versions),
        list(rule.operations),
        code(rule.leaf),
        value(rule.reference),
        value(rule.ours),
        text(rule.reason),
    ];
    format!("| {} |\n", cells.join(" | "))
}

fn text(words: &str) -> String {
    words.replace('|', "\\|").replace('\n', " ")
}

fn code(words: &str) -> String {
    format!("`{}`", text(words))
}

#[cfg(all(test, feature = "http"))]
mod tests {
    #[test]
    fn the_page_of_rules_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/deviation-rules.md");
        let committed = std::fs::read_to_string(path).unwrap();
        assert!(
            committed == super::page(),
            "docs/deviation-rules.md is stale: run `cargo xtask golden --list > docs/deviation-rules.md`"
        );
    }
}
