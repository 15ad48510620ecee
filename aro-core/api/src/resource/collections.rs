//! Lists and maps that may be absent, and the members that nobody knows.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use serde_json::value::RawValue;

use super::{Kind, List, Map, Mut, Ref, Value};

/// A list. Absent and empty differ; both read as an empty slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seq<T>(Option<Vec<T>>);

impl<T> Seq<T> {
    /// Whether there is a list, empty or not.
    pub fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Whether there is no list.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The list to change; made if there is none.
    pub fn as_vec_mut(&mut self) -> &mut Vec<T> {
        self.0.get_or_insert_with(Vec::new)
    }
}

impl<T> Default for Seq<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Deref for Seq<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<T> DerefMut for Seq<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.0.as_deref_mut().unwrap_or_default()
    }
}

impl<T> From<Vec<T>> for Seq<T> {
    fn from(list: Vec<T>) -> Self {
        Self(Some(list))
    }
}

impl<T> FromIterator<T> for Seq<T> {
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        Self(Some(iter.into_iter().collect()))
    }
}

impl<T: Value + Default + Clone + Send + Sync + 'static> Value for Seq<T> {
    const KIND: Kind = Kind::List(&T::KIND);

    fn get(&self) -> Ref<'_> {
        Ref::List(self)
    }

    fn get_mut(&mut self) -> Mut<'_> {
        Mut::List(self)
    }
}

impl<T: Value + Default + Clone + Send + Sync + 'static> List for Seq<T> {
    fn is_null(&self) -> bool {
        self.0.is_none()
    }

    fn len(&self) -> usize {
        self.deref().len()
    }

    fn is_empty(&self) -> bool {
        self.deref().is_empty()
    }

    fn at(&self, index: usize) -> Option<Ref<'_>> {
        self.deref().get(index).map(Value::get)
    }

    fn at_mut(&mut self, index: usize) -> Mut<'_> {
        let list = self.as_vec_mut();
        if list.len() <= index {
            list.resize_with(index + 1, T::default);
        }
        list[index].get_mut()
    }

    fn truncate(&mut self, len: usize) {
        self.as_vec_mut().truncate(len);
    }

    fn clear(&mut self) {
        self.0 = None;
    }

    fn boxed(&self) -> Box<dyn List> {
        Box::new(self.clone())
    }
}

/// A map by text, in the order of its keys. Absent and empty differ; both read as an empty map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dict<T>(Option<BTreeMap<String, T>>);

impl<T> Dict<T> {
    /// Whether there is a map, empty or not.
    pub fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Whether there is no map.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, BTreeMap::len)
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A value.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.0.as_ref()?.get(key)
    }

    /// The keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.0.iter().flat_map(BTreeMap::keys)
    }

    /// The entries by key.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &T)> {
        self.0.iter().flatten()
    }

    /// The values by key.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flat_map(BTreeMap::values)
    }

    /// The map to change; made if there is none.
    pub fn as_map_mut(&mut self) -> &mut BTreeMap<String, T> {
        self.0.get_or_insert_with(BTreeMap::new)
    }
}

impl<T> Default for Dict<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> From<BTreeMap<String, T>> for Dict<T> {
    fn from(map: BTreeMap<String, T>) -> Self {
        Self(Some(map))
    }
}

impl<T> FromIterator<(String, T)> for Dict<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(iter: I) -> Self {
        Self(Some(iter.into_iter().collect()))
    }
}

impl<T: Value + Default + Send + Sync> Value for Dict<T> {
    const KIND: Kind = Kind::Map(&T::KIND);

    fn get(&self) -> Ref<'_> {
        Ref::Map(self)
    }

    fn get_mut(&mut self) -> Mut<'_> {
        Mut::Map(self)
    }
}

impl<T: Value + Default + Send + Sync> Map for Dict<T> {
    fn is_null(&self) -> bool {
        self.0.is_none()
    }

    fn len(&self) -> usize {
        self.0.as_ref().map_or(0, BTreeMap::len)
    }

    fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(BTreeMap::is_empty)
    }

    fn entries<'a>(&'a self) -> Box<dyn Iterator<Item = (&'a str, Ref<'a>)> + 'a> {
        Box::new(self.iter().map(|(key, value)| (key.as_str(), value.get())))
    }

    fn value(&self, key: &str) -> Option<Ref<'_>> {
        self.get(key).map(Value::get)
    }

    fn value_mut(&mut self, key: &str) -> Mut<'_> {
        self.as_map_mut().entry(key.to_owned()).or_default().get_mut()
    }

    fn fresh(&mut self, key: String) -> Mut<'_> {
        let value = self.as_map_mut().entry(key).or_default();
        *value = T::default();
        value.get_mut()
    }

    fn remove(&mut self, key: &str) {
        if let Some(map) = &mut self.0 {
            map.remove(key);
        }
    }

    fn empty(&mut self) {
        self.0 = Some(BTreeMap::new());
    }

    fn clear(&mut self) {
        self.0 = None;
    }
}

/// Members of a stored object that this build does not know, exactly as they were stored.
#[derive(Clone, Debug, Default)]
pub struct Extra(BTreeMap<String, Box<RawValue>>);

impl Extra {
    /// The members.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), &**value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps a member.
    pub fn insert(&mut self, name: String, value: Box<RawValue>) {
        self.0.insert(name, value);
    }
}

impl PartialEq for Extra {
    fn eq(&self, other: &Self) -> bool {
        self.iter()
            .map(|(name, value)| (name, value.get()))
            .eq(other.iter().map(|(name, value)| (name, value.get())))
    }
}
