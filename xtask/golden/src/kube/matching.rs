//! Placeholders: what they stand for, and that it is the same everywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

/// What placeholders of a case stand for.
#[derive(Clone)]
pub(super) struct Matching {
    bound: BTreeMap<String, String>,
    /// Leaves that differed between recordings, by pointer.
    unstable: BTreeSet<String>,
    /// Our ETags by the recorded ones.
    etags: BTreeMap<String, String>,
    /// The body at hand is a list.
    lists: bool,
    /// Revisions of lists that may be those of writes too.
    loose: BTreeSet<String>,
}

static PLACEHOLDER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"<((?:uid|rv|generated|continue|token|rand|clusterIP|nodePort):?\w*|time|time:micro|age|server|commit|go)>",
    )
    .ok()
});

/// The form of what a placeholder stands for.
fn form(name: &str) -> &'static str {
    match name.split(':').next().unwrap_or_default() {
        "uid" => "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "rv" | "nodePort" => "[0-9]+",
        "generated" => "[a-z0-9.-]+[bcdfghjklmnpqrstvwxz2456789]{5}",
        "continue" => "[A-Za-z0-9_-]+",
        "time" if name == "time:micro" => r"[0-9-]{10}T[0-9:]{8}\.[0-9]{6}Z",
        "time" => "[0-9-]{10}T[0-9:]{8}Z",
        "clusterIP" => "[0-9.]+",
        "rand" => "[a-z0-9]+",
        "token" => r"[A-Za-z0-9_.-]+",
        _ => r"[^\n]+?",
    }
}

/// Whether a placeholder stands for one thing throughout.
fn is_bound(name: &str) -> bool {
    let kind = name.split(':').next().unwrap_or_default();
    name.contains(':') && matches!(kind, "uid" | "rv" | "generated" | "continue")
}

impl Matching {
    pub(super) fn new(case: &Value) -> Self {
        let unstable = case["unstable"].as_array().into_iter().flatten();
        Self {
            bound: BTreeMap::new(),
            unstable: unstable.filter_map(Value::as_str).map(str::to_owned).collect(),
            etags: BTreeMap::new(),
            lists: false,
            loose: BTreeSet::new(),
        }
    }

    /// What stands for a recorded ETag here.
    pub(super) fn our_etag(&self, recorded: &str) -> String {
        self.etags.get(recorded).cloned().unwrap_or_else(|| recorded.to_owned())
    }

    /// Says what a placeholder stands for, if nothing said so yet.
    pub(super) fn suppose(&mut self, name: &str, value: &str) {
        self.bound.insert(name.to_owned(), value.to_owned());
    }

    /// Forgets revisions and ids: those supposed for a request are not those of its answer.
    pub(super) fn forget(&mut self) {
        self.bound
            .retain(|name, _| !name.starts_with("rv") && !name.starts_with("uid"));
    }

    /// A recorded text with what its placeholders stand for. An id that nobody has seen yet is a new one.
    pub(super) fn fill(&mut self, text: &str) -> String {
        let Some(pattern) = PLACEHOLDER.as_ref() else {
            return text.to_owned();
        };
        let mut filled = String::new();
        let mut end = 0;
        for found in pattern.captures_iter(text) {
            let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else {
                continue;
            };
            filled.push_str(&text[end..whole.start()]);
            end = whole.end();
            let name = name.as_str();
            match self.bound.get(name) {
                Some(value) => filled.push_str(value),
                None if name.starts_with("uid:") => {
                    let new = uuid::Uuid::new_v4().to_string();
                    filled.push_str(&new);
                    self.bound.insert(name.to_owned(), new);
                }
                None if name == "time" => filled.push_str("2026-11-22T07:00:00Z"),
                None => filled.push_str(whole.as_str()),
            }
        }
        filled.push_str(&text[end..]);
        filled
    }

    /// Whether a text is what was recorded; binds what is new.
    fn matches(&mut self, recorded: &str, ours: &str) -> bool {
        if !self.unstable.is_empty() && recorded.contains(" is invalid: [") {
            // Where the order of causes is free, so is that of their texts.
            let sorted = |text: &str| {
                let mut parts: Vec<String> = text
                    .split(['[', ']'])
                    .flat_map(|part| part.split(", "))
                    .map(str::to_owned)
                    .collect();
                parts.sort();
                parts
            };
            if sorted(recorded) == sorted(ours) {
                return true;
            }
        }
        let Some(pattern) = PLACEHOLDER.as_ref() else {
            return recorded == ours;
        };
        if !pattern.is_match(recorded) {
            return recorded == ours;
        }
        let mut expression = String::from("(?s)^");
        let mut new: Vec<String> = Vec::new();
        let mut end = 0;
        for found in pattern.captures_iter(recorded) {
            let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else {
                continue;
            };
            expression.push_str(&regex::escape(&recorded[end..whole.start()]));
            end = whole.end();
            let name = name.as_str();
            match self.bound.get(name).filter(|_| is_bound(name)) {
                Some(value) => expression.push_str(&regex::escape(value)),
                None => {
                    expression.push_str(&format!("({})", form(name)));
                    new.push(name.to_owned());
                }
            }
        }
        expression.push_str(&regex::escape(&recorded[end..]));
        expression.push('$');
        let Some(found) = Regex::new(&expression)
            .ok()
            .and_then(|expression| expression.captures(ours))
        else {
            return false;
        };
        let mut bound = self.bound.clone();
        for (index, name) in new.iter().enumerate() {
            let Some(value) = found.get(index + 1) else {
                return false;
            };
            if name == "clusterIP" {
                // Requests repeat the address that was seen last.
                bound.insert(name.clone(), value.as_str().to_owned());
            }
            if !is_bound(name) {
                continue;
            }
            let kind = name.split(':').next().unwrap_or_default();
            let taken = bound.iter().any(|(other, known)| {
                other != name
                    && !self.loose.contains(other)
                    && other.split(':').next() == Some(kind)
                    && known == value.as_str()
            });
            let differs = bound.get(name).is_some_and(|known| known != value.as_str());
            if taken || differs {
                return false;
            }
            bound.insert(name.clone(), value.as_str().to_owned());
        }
        self.bound = bound;
        true
    }

    /// A list may be later than the last write by what others wrote since; here nobody does.
    fn matches_again(&mut self, recorded: &str, ours: &str) -> bool {
        let Some(name) = recorded.strip_prefix('<').and_then(|name| name.strip_suffix('>')) else {
            return false;
        };
        let newest = self
            .bound
            .iter()
            .filter(|(known, _)| known.starts_with("rv:"))
            .filter_map(|(_, value)| value.parse::<u64>().ok())
            .max();
        let later = ours
            .parse::<u64>()
            .is_ok_and(|ours| newest.is_none_or(|newest| ours >= newest));
        let fits = later && name.starts_with("rv:") && !self.bound.contains_key(name);
        if fits {
            self.bound.insert(name.to_owned(), ours.to_owned());
            self.loose.insert(name.to_owned());
        }
        fits
    }

    fn is_unstable(&self, at: &str) -> bool {
        self.unstable.contains(at)
    }

    /// A number that says how far the server is. The real one moves it beside the requests, by a lease of its own.
    fn is_progress(&self, at: &str, recorded: &Value) -> bool {
        recorded["type"] == "BOOKMARK"
            || (at.ends_with("/body") && recorded["reason"] == "Timeout" && recorded["code"] == 504)
    }

    /// Our value in the recorded form: where it matches, what was recorded.
    pub(super) fn translate(&mut self, at: &str, recorded: &Value, ours: Value) -> Value {
        if self.is_unstable(at) {
            return recorded.clone();
        }
        match (recorded, ours) {
            (Value::String(text), Value::String(ours)) => {
                if at.ends_with("/headers/Etag") {
                    self.etags.insert(text.clone(), ours.clone());
                }
                let seen = at.ends_with("/body/metadata/resourceVersion") && self.lists;
                // The service network of the recorded server, and its first address.
                let network = text == "10.96.0.0" && ours.split('.').count() == 4;
                if network
                    || (seen && self.matches_again(text, &ours))
                    || self.matches(text, &ours)
                    || opaque(at, &ours)
                {
                    recorded.clone()
                } else {
                    Value::String(ours)
                }
            }
            (Value::String(text), Value::Number(ours)) => {
                if self.matches(text, &ours.to_string()) {
                    recorded.clone()
                } else {
                    Value::Number(ours)
                }
            }
            (Value::Object(recorded), Value::Object(ours)) => self.members(at, recorded, ours),
            (Value::Array(recorded), Value::Array(ours)) => self.elements(at, recorded, ours),
            (_, ours) => ours,
        }
    }

    fn members(&mut self, at: &str, recorded: &Map<String, Value>, mut ours: Map<String, Value>) -> Value {
        let mut shown = Map::new();
        if at.ends_with("/body") {
            self.lists = recorded.contains_key("items") || recorded.contains_key("rows");
        }
        if self.is_progress(at, &Value::Object(recorded.clone())) {
            // Compared with what is bound forgotten, and nothing learned.
            let mut apart = self.clone();
            apart.bound.retain(|name, _| !name.starts_with("rv:"));
            let is_plain = |name: &str| name != "type" && name != "reason";
            let mut part = recorded.clone();
            part.retain(|name, _| is_plain(name));
            let mut own = ours.clone();
            own.retain(|name, _| is_plain(name));
            let mut whole = apart.translate(at, &Value::Object(part), Value::Object(own));
            for name in ["type", "reason"] {
                if let Some(value) = ours.remove(name) {
                    whole[name] = value;
                }
            }
            return whole;
        }
        // Metadata first: it tells what messages speak of.
        let mut names: Vec<&String> = recorded.keys().collect();
        names.sort_by_key(|name| (name.as_str() != "metadata", name.as_str() != "uid"));
        for name in names {
            let at = format!("{at}/{name}");
            let value = match ours.remove(name) {
                None if name.contains('<') => {
                    let found = ours.keys().find(|key| self.clone().matches(name, key)).cloned();
                    found.and_then(|key| ours.remove(&key))
                }
                value => value,
            };
            match value {
                Some(value) => drop(shown.insert(name.clone(), self.translate(&at, &recorded[name], value))),
                None if self.is_unstable(&at) => drop(shown.insert(name.clone(), recorded[name].clone())),
                None => {}
            }
        }
        for (name, value) in ours {
            if !self.is_unstable(&format!("{at}/{name}")) {
                shown.insert(name, value);
            }
        }
        Value::Object(shown)
    }

    fn elements(&mut self, at: &str, recorded: &[Value], mut ours: Vec<Value>) -> Value {
        if self.is_unstable(&format!("{at}#len")) {
            ours.truncate(recorded.len());
            while ours.len() < recorded.len() {
                ours.push(recorded[ours.len()].clone());
            }
        }
        let shuffled = at.ends_with("/details/causes") && self.unstable.iter().any(|leaf| leaf.starts_with(at));
        if !at.ends_with("/managedFields") && !shuffled {
            let shown = ours
                .into_iter()
                .enumerate()
                .map(|(index, value)| match recorded.get(index) {
                    Some(recorded) => self.translate(&format!("{at}/{index}"), recorded, value),
                    None => value,
                });
            return Value::Array(shown.collect());
        }
        // A set: each recorded entry takes the first of ours that is the same, else the next.
        let mut shown = vec![Value::Null; recorded.len()];
        for (index, recorded) in recorded.iter().enumerate() {
            let found = ours.iter().position(|ours| {
                let mut trial = self.clone();
                trial.translate(&format!("{at}/{index}"), recorded, ours.clone()) == *recorded
            });
            if let Some(found) = found {
                let value = ours.remove(found);
                shown[index] = self.translate(&format!("{at}/{index}"), recorded, value);
            }
        }
        for (index, recorded) in recorded.iter().enumerate() {
            if shown[index].is_null() && !ours.is_empty() {
                let value = ours.remove(0);
                shown[index] = self.translate(&format!("{at}/{index}"), recorded, value);
            }
        }
        shown.retain(|value| !value.is_null());
        shown.extend(ours);
        Value::Array(shown)
    }

    /// Revisions that are not in the recorded order.
    pub(super) fn disorder(&self, case: &Value) -> Option<String> {
        let order: Vec<String> = match case["rvOrder"].as_array() {
            Some(order) => order.iter().map(Value::to_string).collect(),
            None => (1..=self.bound.len()).map(|number| number.to_string()).collect(),
        };
        if case["unstable"].is_array() || case["replay"] == false {
            return None;
        }
        let values: Vec<(String, u64)> = order
            .iter()
            .filter_map(|number| {
                let value = self.bound.get(&format!("rv:{number}"))?.parse().ok()?;
                Some((number.clone(), value))
            })
            .collect();
        values.windows(2).find(|pair| pair[0].1 > pair[1].1).map(|pair| {
            format!(
                "rv {} = {} comes before rv {} = {}",
                pair[0].0, pair[0].1, pair[1].0, pair[1].1
            )
        })
    }
}

/// Values of which only the presence was recorded in a way that can be repeated.
fn opaque(at: &str, ours: &str) -> bool {
    let age = at.contains("/cells/") && ours.ends_with('s') && ours.trim_end_matches('s').parse::<u32>().is_ok();
    age || (!ours.is_empty() && (at.ends_with("/headers/Etag") || at.ends_with("/headers/Last-Modified")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_placeholder_stands_for_one_thing() {
        let mut matching = Matching::new(&json!({}));
        assert!(matching.matches("<rv:1>", "5"));
        assert!(matching.matches("at <rv:1> of \"a\"", "at 5 of \"a\""));
        assert!(!matching.matches("<rv:1>", "6"));
        assert!(!matching.matches("<rv:2>", "5"), "another number is another value");
        assert!(
            matching.matches("<time>", "2026-01-01T00:00:00Z") && matching.matches("<time>", "2026-01-01T00:00:01Z")
        );
        assert!(!matching.matches("<time>", "2026-01-01T00:00:00.000000Z"));
        assert_eq!(matching.fill("rv=<rv:1>"), "rv=5");
    }

    #[test]
    fn owners_are_a_set() {
        let mut matching = Matching::new(&json!({}));
        let recorded = json!({"managedFields": [{"manager": "a"}, {"manager": "b"}]});
        let ours = json!({"managedFields": [{"manager": "b"}, {"manager": "a"}]});
        assert_eq!(matching.translate("", &recorded, ours), recorded);
    }
}
