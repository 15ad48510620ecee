//! Sets of paths into a document, in the form of `fieldsV1`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::schema::{Shape, Type};

/// One step of a path, as `fieldsV1` writes it.
///
/// | text | step |
/// |---|---|
/// | `f:NAME` | into a member |
/// | `k:{"KEY":VALUE}` | to the list item with these members |
/// | `v:VALUE` | to the list item of this value |
/// | `i:N` | to the item at this position |
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step(String);

impl Step {
    pub(crate) fn member(name: &str) -> Self {
        Self(format!("f:{name}"))
    }

    pub(crate) fn keyed(keys: &Map<String, Value>) -> Self {
        let mut text = String::from("k:{");
        for (at, (name, value)) in keys.iter().enumerate() {
            // Writing to text cannot fail.
            let _ = write!(
                text,
                "{}{}:{value}",
                if at > 0 { "," } else { "" },
                Value::from(name.as_str())
            );
        }
        text.push('}');
        Self(text)
    }

    pub(crate) fn valued(value: &Value) -> Self {
        Self(format!("v:{value}"))
    }

    /// The member's name, where it is one.
    pub(crate) fn name(&self) -> Option<&str> {
        self.0.strip_prefix("f:")
    }

    fn read(text: &str) -> Option<Self> {
        match text.split_at_checked(2)? {
            ("f:" | "i:", _) => Some(Self(text.to_owned())),
            ("k:", keys) => serde_json::from_str(keys).ok().map(|keys| Self::keyed(&keys)),
            ("v:", value) => serde_json::from_str(value).ok().map(|value| Self::valued(&value)),
            _ => None,
        }
    }

    /// As it stands in messages.
    pub(crate) fn told(&self) -> String {
        match self.0.split_at(2) {
            ("f:", name) => format!(".{name}"),
            ("v:", value) => format!("[={value}]"),
            ("k:", keys) => {
                let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
                let keys: Vec<String> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("[{}]", keys.join(","))
            }
            (_, index) => format!("[{index}]"),
        }
    }
}

/// A set of paths: each node may be in the set itself and lead deeper.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Set {
    nodes: BTreeMap<Step, Node>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    member: bool,
    below: Set,
}

impl Set {
    /// Reads `fieldsV1`; what is no step is left out.
    pub(crate) fn read(fields: &Value) -> Self {
        let mut set = Self::default();
        for (text, below) in fields.as_object().into_iter().flatten() {
            if let Some(step) = Step::read(text) {
                let node = Node {
                    member: below
                        .as_object()
                        .is_none_or(|below| below.is_empty() || below.contains_key(".")),
                    below: Self::read(below),
                };
                set.nodes.insert(step, node);
            }
        }
        set
    }

    /// Writes `fieldsV1`.
    pub(crate) fn write(&self) -> Value {
        let mut fields = Map::new();
        for (step, node) in &self.nodes {
            let mut below = node.below.write();
            if let (true, false, Value::Object(below)) = (node.member, node.below.is_empty(), &mut below) {
                below.insert(".".to_owned(), Value::Object(Map::new()));
            }
            fields.insert(step.0.clone(), below);
        }
        Value::Object(fields)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.values().all(|node| !node.member && node.below.is_empty())
    }

    pub(crate) fn insert(&mut self, path: &[Step]) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let node = self.nodes.entry(first.clone()).or_default();
        if rest.is_empty() {
            node.member = true;
        } else {
            node.below.insert(rest);
        }
    }

    pub(crate) fn has(&self, step: &Step) -> bool {
        self.nodes.get(step).is_some_and(|node| node.member)
    }

    pub(crate) fn below(&self, step: &Step) -> Option<&Self> {
        self.nodes
            .get(step)
            .map(|node| &node.below)
            .filter(|below| !below.is_empty())
    }

    #[must_use]
    pub(crate) fn union(mut self, other: &Self) -> Self {
        for (step, node) in &other.nodes {
            let own = self.nodes.entry(step.clone()).or_default();
            own.member |= node.member;
            own.below = std::mem::take(&mut own.below).union(&node.below);
        }
        self
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |own, other| Node {
            member: own.member && other.is_some_and(|other| other.member),
            below: other
                .map(|other| own.below.intersection(&other.below))
                .unwrap_or_default(),
        })
    }

    /// Without the paths of the other; what lies below them stays.
    pub(crate) fn difference(&self, other: &Self) -> Self {
        self.combine(other, |own, other| match other {
            Some(other) => Node {
                member: own.member && !other.member,
                below: own.below.difference(&other.below),
            },
            None => own.clone(),
        })
    }

    /// Without the paths of the other and all below them.
    pub(crate) fn without(&self, other: &Self) -> Self {
        self.combine(other, |own, other| match other {
            Some(other) if other.member => Node::default(),
            Some(other) => Node {
                member: own.member,
                below: own.below.without(&other.below),
            },
            None => own.clone(),
        })
    }

    fn combine(&self, other: &Self, each: impl Fn(&Node, Option<&Node>) -> Node) -> Self {
        let mut nodes = BTreeMap::new();
        for (step, node) in &self.nodes {
            let node = each(node, other.nodes.get(step));
            if node.member || !node.below.is_empty() {
                nodes.insert(step.clone(), node);
            }
        }
        Self { nodes }
    }

    /// With the declared members on the way to each path, which are usually left out.
    pub(crate) fn with_members(&self, ty: &Type) -> Self {
        let mut nodes = BTreeMap::new();
        for (step, node) in &self.nodes {
            let (declared, below) = match (step.name(), ty.shape()) {
                (Some(name), Shape::Object(object)) => (object.members.contains_key(name), object.member_type(name)),
                (None, Shape::List(list)) => (false, Some(list.items.as_ref())),
                _ => (false, None),
            };
            let any = Type::new(Shape::Any);
            let deeper = node.below.with_members(below.unwrap_or(&any));
            let member = node.member || declared && !node.below.is_empty();
            nodes.insert(step.clone(), Node { member, below: deeper });
        }
        Self { nodes }
    }

    /// All paths, in order, as they stand in messages.
    pub(crate) fn told(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.tell("", &mut paths);
        paths
    }

    fn tell(&self, prefix: &str, paths: &mut Vec<String>) {
        // A set tells its own members before what lies below any of them.
        for (step, _) in self.nodes.iter().filter(|(_, node)| node.member) {
            paths.push(format!("{prefix}{}", step.told()));
        }
        for (step, node) in &self.nodes {
            if !node.below.is_empty() {
                node.below.tell(&format!("{prefix}{}", step.told()), paths);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_read_and_written() {
        let fields = json!({ "f:data": { ".": {}, "f:a": {} }, "f:ports": { "k:{\"port\":80,\"protocol\":\"TCP\"}": { ".": {}, "f:port": {} } } });
        let set = Set::read(&fields);
        assert_eq!(set.write(), fields);
        assert_eq!(
            set.told(),
            [
                ".data",
                ".data.a",
                ".ports[port=80,protocol=\"TCP\"]",
                ".ports[port=80,protocol=\"TCP\"].port"
            ]
        );
    }

    #[test]
    fn sets_combine() {
        let set = |fields: Value| Set::read(&fields);
        let one = set(json!({ "f:a": { ".": {}, "f:b": {}, "f:c": {} } }));
        let two = set(json!({ "f:a": { ".": {}, "f:b": {} } }));
        assert_eq!(one.intersection(&two), two);
        assert_eq!(one.difference(&two), set(json!({ "f:a": { "f:c": {} } })));
        assert!(one.without(&set(json!({ "f:a": {} }))).is_empty());
        assert_eq!(two.union(&one), one);
    }
}
