//! Lists and maps that may be absent, and the members that nobody knows.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::{Kind, List, Map, Mut, Ref, Value};

/// A list. Absent and empty differ; both read as an empty slice. Clones share the elements until one changes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seq<T>(Option<Arc<Vec<T>>>);

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
    pub fn as_vec_mut(&mut self) -> &mut Vec<T>
    where
        T: Clone,
    {
        Arc::make_mut(self.0.get_or_insert_default())
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
        self.0.as_ref().map_or(&[], |list| list.as_slice())
    }
}

impl<T: Clone> DerefMut for Seq<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.0
            .as_mut()
            .map_or(&mut [], |list| Arc::make_mut(list).as_mut_slice())
    }
}

impl<T> From<Vec<T>> for Seq<T> {
    fn from(list: Vec<T>) -> Self {
        Self(Some(Arc::new(list)))
    }
}

impl<T> FromIterator<T> for Seq<T> {
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        Self(Some(Arc::new(iter.into_iter().collect())))
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

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn copy_from(&mut self, other: &dyn List) -> bool {
        copy(self, other.as_any())
    }

    fn shares(&self, other: &dyn List) -> bool {
        let other = other.as_any().downcast_ref::<Self>().and_then(|other| other.0.as_ref());
        shared(self.0.as_ref(), other)
    }
}

/// Takes over the value, if it is of the same type.
fn copy<T: Clone + 'static>(to: &mut T, from: &dyn Any) -> bool {
    match from.downcast_ref::<T>() {
        Some(from) => {
            to.clone_from(from);
            true
        }
        None => false,
    }
}

fn shared<T>(a: Option<&Arc<T>>, b: Option<&Arc<T>>) -> bool {
    a.zip(b).is_some_and(|(a, b)| Arc::ptr_eq(a, b))
}

/// A map by text, in the order of its keys. Absent and empty differ; both read as an empty map. Clones share the
/// entries until one changes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dict<T>(Option<Arc<BTreeMap<String, T>>>);

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
        self.0.as_ref().map_or(0, |map| map.len())
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
        self.0.iter().flat_map(|map| map.keys())
    }

    /// The entries by key.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &T)> {
        self.0.iter().flat_map(|map| map.iter())
    }

    /// The values by key.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flat_map(|map| map.values())
    }

    /// The map to change; made if there is none.
    pub fn as_map_mut(&mut self) -> &mut BTreeMap<String, T>
    where
        T: Clone,
    {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

impl<T> Default for Dict<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> From<BTreeMap<String, T>> for Dict<T> {
    fn from(map: BTreeMap<String, T>) -> Self {
        Self(Some(Arc::new(map)))
    }
}

impl<T> FromIterator<(String, T)> for Dict<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(iter: I) -> Self {
        Self(Some(Arc::new(iter.into_iter().collect())))
    }
}

impl<T: Value + Default + Clone + Send + Sync + 'static> Value for Dict<T> {
    const KIND: Kind = Kind::Map(&T::KIND);

    fn get(&self) -> Ref<'_> {
        Ref::Map(self)
    }

    fn get_mut(&mut self) -> Mut<'_> {
        Mut::Map(self)
    }
}

impl<T: Value + Default + Clone + Send + Sync + 'static> Map for Dict<T> {
    fn is_null(&self) -> bool {
        self.0.is_none()
    }

    fn len(&self) -> usize {
        Self::len(self)
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
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
            Arc::make_mut(map).remove(key);
        }
    }

    fn empty(&mut self) {
        self.0 = Some(Arc::default());
    }

    fn clear(&mut self) {
        self.0 = None;
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn copy_from(&mut self, other: &dyn Map) -> bool {
        copy(self, other.as_any())
    }

    fn shares(&self, other: &dyn Map) -> bool {
        let other = other.as_any().downcast_ref::<Self>().and_then(|other| other.0.as_ref());
        shared(self.0.as_ref(), other)
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
