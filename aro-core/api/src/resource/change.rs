//! The change rules: what an update may not change.

use super::walk::{Sight, equal, is_zero};
use super::{Kind, Node, Ref};
use crate::validate::pointer_token;
use crate::version::{ApiVersion, Dialect};

/// A change that a version does not allow.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The member, as `properties.workerProfiles['worker'].count`.
    pub path: String,
    /// The member as a JSON pointer, as `/properties/workerProfiles/0/count`.
    pub pointer: String,
}

/// The first member whose new value the version does not allow.
///
/// `current` is what the version shows; `new` is that with the request laid over it after [`strip`](super::strip).
pub(crate) fn changed(new: &dyn Node, current: &dyn Node, version: ApiVersion) -> Option<Change> {
    let mut walk = Walk {
        version,
        path: String::new(),
        pointer: String::new(),
    };
    walk.nodes(new, current, false).then_some(Change {
        path: walk.path,
        pointer: walk.pointer,
    })
}

struct Walk {
    version: ApiVersion,
    /// The member the walk is at; after a change was found, that of the change.
    path: String,
    /// The same as a JSON pointer.
    pointer: String,
}

impl Walk {
    fn nodes(&mut self, new: &dyn Node, current: &dyn Node, fold: bool) -> bool {
        let shape = new.shape();
        let modern = self.version.dialect() == Dialect::Modern;
        (0..shape.fields.len()).any(|position| {
            let number = if modern { shape.ranked[position] } else { position };
            let field = &shape.fields[number];
            if !field.visible.contains(self.version)
                || field.mutable.contains(self.version)
                || field.output.contains(self.version)
            {
                return false;
            }
            let place = self.enter(if self.path.is_empty() { "" } else { "." }, field.name, field.name);
            let (new, current) = (new.get(number), current.get(number));
            let fold = fold || field.no_case.contains(self.version);
            let found = if field.unseen.contains(self.version) {
                !is_zero(new)
            } else if field.read_only.contains(self.version) {
                // A value where there was none is a change, even an empty one.
                !is_zero(new)
                    && (is_zero(current)
                        || !equal(
                            new,
                            current,
                            Sight {
                                version: self.version,
                                fold,
                            },
                        ))
            } else {
                self.values(new, current, fold)
            };
            self.leave(place, found)
        })
    }

    /// Goes to what is named so in the path, after `dot`, and so in the pointer; gives where it was.
    fn enter(&mut self, dot: &str, name: &str, token: &str) -> (usize, usize) {
        let place = (self.path.len(), self.pointer.len());
        self.path.push_str(dot);
        self.path.push_str(name);
        self.pointer.push('/');
        if token.contains(['~', '/']) {
            self.pointer.push_str(&pointer_token(token));
        } else {
            self.pointer.push_str(token);
        }
        place
    }

    /// Goes back, unless the change is here.
    fn leave(&mut self, place: (usize, usize), found: bool) -> bool {
        if !found {
            self.path.truncate(place.0);
            self.pointer.truncate(place.1);
        }
        found
    }

    fn values(&mut self, new: Ref<'_>, current: Ref<'_>, fold: bool) -> bool {
        match (new, current) {
            (Ref::Struct(new), Ref::Struct(current)) => self.nodes(new, current, fold),
            (Ref::OptStruct(new), Ref::OptStruct(current)) => match (new, current) {
                (Some(new), Some(current)) => self.nodes(new, current, fold),
                (new, current) => new.is_some() != current.is_some(),
            },
            (Ref::List(new), Ref::List(current)) => {
                if new.is_null() != current.is_null() || new.len() != current.len() {
                    return true;
                }
                (0..new.len()).any(|index| match (new.at(index), current.at(index)) {
                    (Some(new), Some(current)) => {
                        let place = self.enter("", &element_name(new, index, self.version), &index.to_string());
                        let found = self.values(new, current, fold);
                        self.leave(place, found)
                    }
                    _ => true,
                })
            }
            (Ref::Map(new), Ref::Map(current)) => {
                if new.is_null() != current.is_null() || new.len() != current.len() {
                    return true;
                }
                // A missing key is a change of the map and is reported before a changed value.
                if current.entries().any(|(key, _)| new.value(key).is_none()) {
                    return true;
                }
                current.entries().any(|(key, current)| match new.value(key) {
                    Some(new) => {
                        let place = self.enter("", &format!("[\"{}\"]", key.escape_debug()), key);
                        let found = self.values(new, current, fold);
                        self.leave(place, found)
                    }
                    None => true,
                })
            }
            (new, current) => !equal(
                new,
                current,
                Sight {
                    version: self.version,
                    fold,
                },
            ),
        }
    }
}

/// How a list element is named in a path: by its name, or by its position where it has none. The legacy dialect has no
/// absent names, only empty ones.
fn element_name(element: Ref<'_>, index: usize, version: ApiVersion) -> String {
    if let Ref::Struct(node) = element
        && let Some(number) = node.shape().key()
        && matches!(node.shape().fields[number].kind, Kind::Str)
        && let Ref::Str(name) = node.get(number)
        && (!name.is_empty() || version.dialect() == Dialect::Legacy)
    {
        return format!("['{name}']");
    }
    format!("[{index}]")
}
