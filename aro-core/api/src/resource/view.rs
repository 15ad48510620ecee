//! What a version shows of a resource.

use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;

use super::walk::is_zero;
use super::{Field, List, Map, Node, Ref};
use crate::version::{ApiVersion, Dialect};

/// What a time is shown as where there is none: the first moment of year 1.
pub(crate) const NO_TIME: OffsetDateTime = datetime!(0001-01-01 00:00 UTC);

/// A resource in the words of a version. Secrets are left out, whatever the version says.
pub(crate) struct View<'a> {
    pub node: &'a dyn Node,
    pub version: ApiVersion,
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.each(&mut |name, value| map.serialize_entry(name, value))?;
        map.end()
    }
}

impl View<'_> {
    /// Calls `emit` with name and value of every member that is shown, in order.
    pub(crate) fn each<E>(&self, emit: &mut dyn FnMut(&'static str, &Shown<'_>) -> Result<(), E>) -> Result<(), E> {
        let fields = self.node.shape().fields;
        if self.version.dialect() == Dialect::Modern {
            return self
                .node
                .shape()
                .sorted
                .iter()
                .try_for_each(|number| self.member(*number, &fields[*number], emit));
        }
        let early = |number: usize| {
            fields
                .get(number)
                .is_some_and(|field| field.early.contains(self.version))
        };
        (0..fields.len()).try_for_each(|number| {
            if early(number + 1) {
                self.member(number + 1, &fields[number + 1], emit)?;
            }
            if early(number) {
                return Ok(());
            }
            self.member(number, &fields[number], emit)
        })
    }

    fn member<E>(
        &self,
        number: usize,
        field: &Field,
        emit: &mut dyn FnMut(&'static str, &Shown<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if !field.visible.contains(self.version) || field.unseen.contains(self.version) || field.request_only {
            return Ok(());
        }
        let value = Shown {
            value: self.node.get(number),
            version: self.version,
        };
        if value.is_shown() || field.always.contains(self.version) {
            emit(field.name, &value)
        } else {
            Ok(())
        }
    }
}

/// A value that is shown.
pub(crate) struct Shown<'a> {
    value: Ref<'a>,
    version: ApiVersion,
}

impl Shown<'_> {
    fn is_shown(&self) -> bool {
        let modern = self.version.dialect() == Dialect::Modern;
        match self.value {
            Ref::Secret(_) | Ref::OptSecret(_) | Ref::SecretBytes(_) => false,
            Ref::OptStr(Some(text)) if modern => !text.is_empty(),
            Ref::OptInt(Some(number)) if modern => number != 0,
            Ref::Struct(node) if modern => {
                let view = View {
                    node,
                    version: self.version,
                };
                // The first member that would be written ends the look.
                view.each(&mut |_, _| Err(())).is_err()
            }
            Ref::Struct(_) => true,
            Ref::List(list) => {
                if modern {
                    !list.is_null()
                } else {
                    !list.is_empty()
                }
            }
            Ref::Map(map) => !map.is_empty(),
            other => !is_zero(other),
        }
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let version = self.version;
        match self.value {
            Ref::Str(text) | Ref::Word(text) => serializer.serialize_str(text),
            Ref::OptStr(text) => serializer.serialize_str(text.unwrap_or_default()),
            Ref::Int(number) => serializer.serialize_i64(number),
            Ref::OptInt(number) => serializer.serialize_i64(number.unwrap_or_default()),
            Ref::Bool(truth) => serializer.serialize_bool(truth),
            Ref::Time(time) => serialize_time(time, serializer),
            Ref::Struct(node) => View { node, version }.serialize(serializer),
            Ref::OptStruct(Some(node)) => View { node, version }.serialize(serializer),
            Ref::OptStruct(None) => serializer.serialize_map(Some(0))?.end(),
            Ref::List(list) => serializer.collect_seq(elements(list).map(|value| Shown { value, version })),
            Ref::Map(map) => entries(map, version, serializer),
            Ref::Opaque(opaque) => opaque.to_value().map_err(S::Error::custom)?.serialize(serializer),
            // Elements only: members that are secret are never shown.
            Ref::Secret(_) | Ref::OptSecret(_) | Ref::SecretBytes(_) => serializer.serialize_unit(),
        }
    }
}

fn elements<'a>(list: &'a dyn List) -> impl Iterator<Item = Ref<'a>> {
    (0..list.len()).filter_map(|index| list.at(index))
}

fn entries<S: Serializer>(map: &dyn Map, version: ApiVersion, serializer: S) -> Result<S::Ok, S::Error> {
    let mut out = serializer.serialize_map(Some(map.len()))?;
    for (key, value) in map.entries() {
        out.serialize_entry(key, &Shown { value, version })?;
    }
    out.end()
}

/// A time in RFC 3339 with as many digits of the second as it has; no time is [`NO_TIME`].
pub(crate) fn serialize_time<S: Serializer>(time: Option<OffsetDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.unwrap_or(NO_TIME).format(&Rfc3339).map_err(S::Error::custom)?)
}
